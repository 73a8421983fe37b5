#pragma once

#include "core/outbox/outbox.hpp"
#include "core/sqlite/database.hpp"
#include "sync/session/server_session.hpp"

#include <cstdint>
#include <vector>

/// Rows that are on the server under another time than they were recorded with: its column rounds
/// times, or has one name for an hour that clocks show twice. Pulling and recording do not know
/// such a row again, so that it is for a push to look for it, wherever it may be.
namespace playmirror::sync {

/// Those of the entries, all of one table, whose time the server's column does not keep as it is.
[[nodiscard]] std::vector<const outbox::Entry*> entries_of_changed_times(
    const ServerSession& session, const ServerTable& table,
    const std::vector<const outbox::Entry*>& entries);

/// Those whose time the server's column may keep for other instants as well: these, and such as
/// another one becomes. A row of such a time need not be the entry.
[[nodiscard]] std::vector<const outbox::Entry*> entries_of_shared_times(
    const ServerSession& session, const ServerTable& table,
    const std::vector<const outbox::Entry*>& entries);

/// The ids of rows that lie near and that the mirror knows to be other recorded ones, of this file.
[[nodiscard]] std::vector<std::int64_t> sent_near(const sqlite::Database& database,
                                                  const std::vector<const outbox::Entry*>& entries);

}  // namespace playmirror::sync
