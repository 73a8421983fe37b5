#pragma once

#include "core/outbox/row_image.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <string_view>

namespace playmirror::outbox {

/// Puts a pending row back into its mirrored table, from the image that the outbox keeps, unless
/// the table has a row of that key. A track's links come along.
void restore_row(sqlite::Database& database, std::string_view table, std::string_view identity,
                 std::int64_t row_id, const RowImage& image);

/// Puts the mirrored rows of all pending entries right, from the images that are whole.
void restore_rows(sqlite::Database& database);

}  // namespace playmirror::outbox
