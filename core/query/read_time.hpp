#pragma once

#include "core/sqlite/statement.hpp"

#include <playmirror/timestamp.hpp>

#include <string_view>

namespace playmirror::query {

/// The instant in a column that is not NULL. Throws `damaged`, naming the column, for any text that
/// PostgreSQL would not have printed.
[[nodiscard]] Timestamp read_time(const sqlite::Statement& row, int column, std::string_view name);

}  // namespace playmirror::query
