#pragma once

#include "core/ingest/row_reader.hpp"
#include "core/ingest/row_spool.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <vector>

namespace playmirror::ingest {

/// What a row of the server's is known by in the outbox, whatever its id.
[[nodiscard]] std::string identity_of(const RowReader& row, const schema::TableLayout& table,
                                      const std::vector<schema::ColumnLayout>& columns);

/// That of each of these whole rows whose id belongs to a row that was sent from here, by id.
[[nodiscard]] std::map<std::int64_t, std::string> identities_of_delivered(
    const sqlite::Database& database, const schema::TableLayout& table, RowSpool& rows);

}  // namespace playmirror::ingest
