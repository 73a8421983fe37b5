#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <exception>
#include <string_view>
#include <variant>

namespace playmirror::sqlite {

/// One value on its way into SQLite. Text refers to memory of whoever gave it.
using Field = std::variant<std::monostate, std::int64_t, double, std::string_view>;

/// Rows of this program that one statement may read as a table. An INSERT ... SELECT over them
/// costs about half of what binding each row to a statement does.
class RowSource {
 public:
  RowSource() = default;
  RowSource(const RowSource&) = delete;
  RowSource& operator=(const RowSource&) = delete;
  virtual ~RowSource() = default;

  /// Moves to the next row; false at the end.
  virtual bool next() = 0;

  /// A value of the row at hand; texts live until next().
  [[nodiscard]] virtual const Field& field(std::size_t column) const = 0;
};

/// Name of the table that a statement of run_over() reads, with the columns c0, c1, c2, ...
inline constexpr std::string_view kSourceTable = "playmirror_rows";

/// Runs one statement that reads kSourceTable once, from the first row to the last. What the source
/// throws ends the statement and is thrown on.
void run_over(Database& database, std::string_view sql, RowSource& rows, std::size_t columns);

}  // namespace playmirror::sqlite
