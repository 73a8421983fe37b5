#pragma once

#include <chrono>
#include <cstddef>

/// The numbers of this folder that were chosen rather than given, each with its reason.
namespace playmirror::pg::tuning {

/// How long a cancelled exchange may take to come to rest before its connection is given up. Many
/// round trips of a bad link, and still well within the second in which a call must stop.
inline constexpr std::chrono::milliseconds kSettleLimit{600};

/// When to repeat a cancel request: one that overtakes its statement is ignored by the server.
inline constexpr std::chrono::milliseconds kCancelAgain{150};

/// Longest text of a server that is shown. Longer ones carry whole rows or statements.
inline constexpr std::size_t kTextLimit = 2'048;

/// A secret shorter than this is found in half of all sentences, and the gaps would spell it: a
/// text that holds one is not shown at all.
inline constexpr std::size_t kShortSecret = 4;

/// TCP probes an idle connection after 15 s, then every 5 s; three unanswered end it. Below the
/// usual 30-60 s after which a NAT or VPN forgets a connection. In seconds, as libpq takes them.
inline constexpr const char* kKeepaliveIdle = "15";
inline constexpr const char* kKeepaliveInterval = "5";
inline constexpr const char* kKeepaliveCount = "3";

}  // namespace playmirror::pg::tuning
