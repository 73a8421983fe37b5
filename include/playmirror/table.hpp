#pragma once

#include <playmirror/export.hpp>
#include <playmirror/timestamp.hpp>
#include <playmirror/value.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Answers as data: columns of one type each, held in Arrow's memory layout and handed to other
/// programs without copying (arrow.hpp). A Table is immutable, owns what it shows, outlives its
/// mirror, is cheap to copy and safe to share between threads.
namespace playmirror {

/// What a column holds. Any value can be NULL.
enum class ColumnType {
  null,  ///< nothing but NULL: an expression of sql() that never had a value
  boolean,
  int64,
  float64,
  utf8,        ///< text
  json,        ///< text that is JSON, unparsed
  binary,      ///< bytes
  date,        ///< a day of the calendar, without time and zone
  timestamp,   ///< an instant in UTC, to the microsecond
  list,        ///< a list of texts
  dictionary,  ///< text, each distinct one kept once
};

/// The name and the type of a column.
struct Field {
  std::string name = {};
  ColumnType type = ColumnType::null;

  friend bool operator==(const Field&, const Field&) = default;
};

/// One value of any column.
using Cell = std::variant<std::monostate, bool, std::int64_t, double, std::string, Blob,
                          std::chrono::sys_days, Timestamp, std::vector<std::string>>;

/// One column: a name, a type and one value for each row. Made by ColumnBuilder. Two are equal when
/// name, type and every value() are.
///
/// A row outside the column, or a question that does not fit its type, throws InvalidArgument.
class PLAYMIRROR_EXPORT Column {
 public:
  struct Data;
  explicit Column(std::shared_ptr<const Data> data) noexcept;

  [[nodiscard]] const std::string& name() const noexcept;            ///< the column's name
  [[nodiscard]] ColumnType type() const noexcept;                    ///< what its values are
  [[nodiscard]] std::size_t size() const noexcept { return size_; }  ///< rows
  [[nodiscard]] std::size_t null_count() const noexcept { return null_count_; }  ///< rows of NULL

  /// How many values Arrow cannot hold and shows as null: timestamps at infinity, and in the last
  /// thirty years of PostgreSQL's range. value() gives them exactly; they do not count as NULL.
  [[nodiscard]] std::size_t beyond_arrow() const noexcept { return beyond_arrow_; }

  [[nodiscard]] bool is_null(std::size_t row) const;  ///< whether the value of a row is NULL
  [[nodiscard]] Cell value(std::size_t row) const;    ///< of a row; std::monostate where NULL

  /// The text or the bytes of utf8, json, dictionary and binary; empty where NULL.
  [[nodiscard]] std::string_view text(std::size_t row) const;

  /// All values of an int64 column at once, for loops that must be fast. Here and in the calls
  /// below, a row that is NULL has 0, so that sums need no look at it; one that Arrow cannot hold
  /// has some number.
  [[nodiscard]] std::span<const std::int64_t> integers() const;

  /// All values of a float64 column.
  [[nodiscard]] std::span<const double> reals() const;

  /// All values of a timestamp column: microseconds since 1970-01-01T00:00:00Z.
  [[nodiscard]] std::span<const std::int64_t> micros() const;

  /// All values of a date column: days since 1970-01-01.
  [[nodiscard]] std::span<const std::int32_t> days() const;

  /// All values of a dictionary column: row numbers in dictionary().
  [[nodiscard]] std::span<const std::int32_t> codes() const;

  /// The distinct values of a dictionary column, as utf8.
  [[nodiscard]] Column dictionary() const;

  /// Part of the column, sharing its memory. Throws InvalidArgument outside of it.
  [[nodiscard]] Column slice(std::size_t offset, std::size_t length) const;

  [[nodiscard]] bool operator==(const Column& other) const;

 private:
  friend class ArrowExport;
  void check(std::size_t row) const;
  void require(ColumnType type) const;
  template <typename T>
  [[nodiscard]] std::span<const T> all(ColumnType type) const;
  [[nodiscard]] bool has_value(std::size_t row) const noexcept;

  std::shared_ptr<const Data> data_;
  std::size_t offset_ = 0;
  std::size_t size_ = 0;
  std::size_t null_count_ = 0;
  std::size_t beyond_arrow_ = 0;
};

/// Columns of equal length. Two tables are equal when their columns are, in order.
class PLAYMIRROR_EXPORT Table {
 public:
  Table() = default;
  /// Throws InvalidArgument for columns of different lengths.
  explicit Table(std::vector<Column> columns);

  /// Names and types of the columns.
  [[nodiscard]] std::vector<Field> schema() const;

  /// How many rows each column has.
  [[nodiscard]] std::size_t row_count() const noexcept {
    return columns_.empty() ? 0 : columns_.front().size();
  }

  /// All columns, in order.
  [[nodiscard]] const std::vector<Column>& columns() const noexcept { return columns_; }

  /// By name. Throws InvalidArgument when there is none or more than one.
  [[nodiscard]] const Column& column(std::string_view name) const;

  /// One value of each column. Throws InvalidArgument outside of the table.
  [[nodiscard]] std::vector<Cell> row(std::size_t index) const;

  /// Some of the rows, sharing the memory of all. Throws InvalidArgument outside of them.
  [[nodiscard]] Table slice(std::size_t offset, std::size_t length) const;

  friend bool operator==(const Table&, const Table&) = default;

 private:
  std::vector<Column> columns_;
};

}  // namespace playmirror
