#include <playmirror/error.hpp>
#include <playmirror/table.hpp>

#include <algorithm>
#include <utility>

namespace playmirror {

Table::Table(std::vector<Column> columns) : columns_(std::move(columns)) {
  for (const Column& column : columns_) {
    if (column.size() == row_count()) continue;
    raise(ErrorCode::invalid_argument,
          "column " + column.name() + " has " + std::to_string(column.size()) +
              " rows, and the first one " + std::to_string(row_count()));
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
    raise(ErrorCode::invalid_argument, "no column is named " + std::string(name));
  }
  if (std::ranges::find(found + 1, columns_.end(), name, &Column::name) != columns_.end()) {
    raise(ErrorCode::invalid_argument, "several columns are named " + std::string(name),
          {.hint = "Name them apart in the SELECT list with AS."});
  }
  return *found;
}

std::vector<Cell> Table::row(std::size_t index) const {
  std::vector<Cell> cells;
  for (const Column& column : columns_) cells.push_back(column.value(index));
  return cells;
}

Table Table::slice(std::size_t offset, std::size_t length) const {
  Table part;
  for (const Column& column : columns_) part.columns_.push_back(column.slice(offset, length));
  return part;
}

}  // namespace playmirror
