#pragma once

#include "core/ingest/table_state.hpp"
#include "core/sqlite/database.hpp"
#include "sync/session/catalog.hpp"

#include <cstdint>
#include <string>
#include <string_view>

/// Rows that come without being written: a table that is attached as a partition, or begins to
/// inherit, brings rows of any age. The mirror keeps which tables a mirrored one is made of, and
/// reads those that it has not seen whole.
namespace playmirror::sync {

/// The condition that selects what a pull has to read of a table: the rows at or after its horizon,
/// and those of parts that the mirror has not seen. Empty when it must select all. `xmax` as in
/// horizon_condition().
[[nodiscard]] std::string unseen_rows(const sqlite::Database& database, const ServerTable& table,
                                      const ingest::TableState& state, std::int64_t xmax);

/// Whether there are parts that the mirror has not seen.
[[nodiscard]] bool has_unseen_parts(const sqlite::Database& database, const ServerTable& table);

/// From now on the mirror has read these parts of the table.
void store_parts(sqlite::Database& database, const std::string& table, std::string_view parts);

}  // namespace playmirror::sync
