#pragma once

#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/fence.hpp"

#include <playmirror/table.hpp>

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::query {

/// One column of a result of sql(), whose type is settled when all its values are known.
///
/// A column of a mirrored table has the type that the server declares, if every value is of it: a
/// UNION may have put others below. Otherwise the values decide: int64, float64, utf8 or binary
/// where all are of that kind; float64 for integers beside reals, if each has an exact double; null
/// without any value. Values of no common type become text, numbers as the shortest that reads back
/// the same, or bytes if a blob is among them. Text that is not UTF-8 makes a column binary.
class SqlColumn {
 public:
  SqlColumn(std::string name, std::optional<schema::ValueKind> declared);

  /// Returns the bytes that the value takes.
  std::int64_t add(const sqlite::Statement& row, int column);

  [[nodiscard]] Column finish() &&;

 private:
  using Kind = sqlite::Statement::Kind;

  [[nodiscard]] bool has(Kind kind) const noexcept;
  [[nodiscard]] bool has_only(Kind kind) const noexcept;
  [[nodiscard]] bool is_utf8() const;
  [[nodiscard]] bool has_integers_within(std::int64_t least, std::int64_t most) const;
  [[nodiscard]] std::optional<Column> as_declared() const;
  [[nodiscard]] std::optional<Column> as_timestamps() const;
  [[nodiscard]] ColumnType type_of_values() const;
  [[nodiscard]] Column as(ColumnType type) const;

  std::string name_;
  std::optional<schema::ValueKind> declared_;
  std::vector<Kind> kinds_;          ///< of each row
  std::vector<std::int64_t> words_;  ///< an integer, the bits of a real, or where a text ends
  std::string bytes_;                ///< texts and blobs, one after another
  unsigned seen_ = 0;                ///< a bit for each kind
};

/// Gathers the rows of a statement of sql() into a table.
class SqlResult final : public sqlite::RowSink {
 public:
  /// `database` runs the statement, inside a read transaction.
  explicit SqlResult(const sqlite::Database& database) : database_(database) {}

  void begin(const sqlite::Statement& statement) override;
  std::int64_t add(const sqlite::Statement& row) override;
  [[nodiscard]] Table finish() &&;

 private:
  const sqlite::Database& database_;
  std::vector<SqlColumn> columns_;
};

}  // namespace playmirror::query
