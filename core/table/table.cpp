#include "core/text/one_line.hpp"

#include <playmirror/error.hpp>
#include <playmirror/table.hpp>

#include <algorithm>
#include <string>
#include <utility>

namespace playmirror {
namespace {

/// What a column that does not exist may have been meant to be.
std::string known_names(const std::vector<Column>& columns) {
  if (columns.empty()) return "The table has no columns.";
  std::string names;
  for (const Column& column : columns) names += (names.empty() ? "" : ", ") + column.name();
  return "The table has " + text::one_line(names, 300) + ".";
}

}  // namespace

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    if (column.size() == row_count()) continue;
    raise(ErrorCode::invalid_argument,
          "column " + column.name() + " has " + std::to_string(column.size()) +
              " rows, and the first one " + std::to_string(row_count()),
          {.hint = "Add a value or NULL to each column for each row."});
  }
}

std::vector<Field> Table::schema() const {
  std::vector<Field> fields;
  for (const Column& column : columns_) fields.push_back({column.name(), column.type()});
  return fields;
}

const Column& Table::column(std::string_view name) const {
  const auto found = std::ranges::find(columns_, name, &Column::name);
  if (found == columns_.end()) {
    raise(ErrorCode::invalid_argument, "no column is named " + std::string(name),
          {.hint = known_names(columns_)});
  }
  if (std::ranges::find(found + 1, columns_.end(), name, &Column::name) != columns_.end()) {
    raise(ErrorCode::invalid_argument, "several columns are named " + std::string(name),
          {.hint = "Name them apart in the SELECT list with AS."});
  }
  return *found;
}

std::vector<Cell> Table::row(std::size_t index) const {
  if (columns_.empty())
    raise(ErrorCode::invalid_argument, "a table without columns has no rows",
          {.hint = "Look at row_count() first."});
  std::vector<Cell> cells;
  for (const Column& column : columns_) cells.push_back(column.value(index));
  return cells;
}

Table Table::slice(std::size_t offset, std::size_t length) const {
  if (columns_.empty() && (offset != 0 || length != 0)) {
    raise(ErrorCode::invalid_argument, "a table without columns has no rows",
          {.hint = "Look at row_count() first."});
  }
  Table part;
  for (const Column& column : columns_) part.columns_.push_back(column.slice(offset, length));
  return part;
}

}  // namespace playmirror
