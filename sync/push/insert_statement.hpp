#pragma once

#include "core/outbox/outbox.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/server_session.hpp"

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

/// `search`: the condition on rows of the table that may be there already; empty when all may.
[[nodiscard]] InsertStatement insert_statement(const ServerSession& session,
                                               const ServerTable& table,
                                               const std::vector<const outbox::Entry*>& entries,
                                               const std::string& search);

}  // namespace playmirror::sync
