#pragma once

#include "core/outbox/outbox.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/server_session.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace playmirror::sync {

/// One statement that inserts many rows of one table, and says for each what became of it.
///
/// Each result row: position (from 1), id of a row that was there before or NULL, whether all it
/// needs is there, whether it was inserted, id of the inserted row or NULL.
struct InsertStatement {
  std::string sql = {};
  std::vector<pg::Parameter> parameters = {};
};

/// Whether the server puts a row of this table in as it was sent, or refuses it: then
/// insert_in_order() will do.
[[nodiscard]] bool goes_in_order(const ServerTable& table, const outbox::Entry& entry);

/// The condition that a row has none of these ids; empty when there are none.
[[nodiscard]] std::string none_of(const std::vector<std::int64_t>& ids);

/// One statement that inserts all rows, or none when one of them is there already. Each result row
/// is the id of the next entry. The server has less to do for it than for insert_statement().
[[nodiscard]] InsertStatement insert_in_order(const ServerSession& session,
                                              const ServerTable& table,
                                              const std::vector<const outbox::Entry*>& entries,
                                              const std::string& search);

/// `search`: the condition on rows of the table that may be there already; empty when all may.
[[nodiscard]] InsertStatement insert_statement(const ServerSession& session,
                                               const ServerTable& table,
                                               const std::vector<const outbox::Entry*>& entries,
                                               const std::string& search);

}  // namespace playmirror::sync
