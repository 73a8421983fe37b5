#pragma once

#include "sync/pg/connection.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/server_session.hpp"

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Up to which id the plays are settled: a snapshot taken afterwards sees every row with such an id
/// that will ever be there, if ids come from the table's sequence and from nowhere else.
///
/// Whoever draws a number holds a lock on the sequence until the end of the transaction. Take an id
/// M that is visible. A smaller id was drawn earlier, by a transaction that either has ended, and
/// then a later snapshot sees its row, or holds its lock still. So: first look at M, then at the
/// locks, then take the snapshot.
namespace playmirror::sync {

/// What the mirror remembers of it.
struct SettledPlays {
  std::int64_t relation = 0;  ///< the server's oid of the table
  std::int64_t upto = 0;      ///< all ids up to this one are settled

  [[nodiscard]] std::string to_text() const;
  [[nodiscard]] static std::optional<SettledPlays> parse(const std::string& text);
};

/// The question, which is put before the snapshot is taken.
class SettledIds {
 public:
  /// A transaction of its own. Must not move: the answers come to this place.
  [[nodiscard]] std::vector<pg::Command> commands(const ServerSession& session,
                                                  const ServerTable& plays,
                                                  std::chrono::milliseconds lock_timeout);
  SettledIds() = default;
  SettledIds(const SettledIds&) = delete;
  SettledIds& operator=(const SettledIds&) = delete;

  /// Whether what was settled earlier still is: ids come from a sequence that only counts upwards,
  /// one by one, and neither it nor the table was set back since.
  [[nodiscard]] bool confirm(const SettledPlays& earlier) const;

  /// Up to which id the plays are settled now; nothing when somebody may be about to commit a
  /// smaller one than the largest.
  [[nodiscard]] std::optional<SettledPlays> now() const;

 private:
  std::int64_t relation_ = 0;
  std::optional<std::int64_t> largest_ = {};  ///< the largest id that is visible
  std::optional<std::int64_t> drawn_ = {};    ///< the last number drawn, where the role may see it
  bool counts_ = false;                       ///< there is one such sequence, and ids come from it
  bool is_free_ = false;                      ///< nobody holds it
};

}  // namespace playmirror::sync
