#include "core/schema/shape.hpp"

#include "core/schema/bookkeeping.hpp"
#include "core/schema/layout.hpp"

#include <algorithm>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace playmirror::schema {
namespace {

struct Column {
  std::string name = {};
  std::string type = {};          ///< of a mirrored column any will do
  std::int64_t place_in_key = 0;  ///< from 1; 0: none
};

/// As SQLite compares names.
bool is_same_name(std::string_view one, std::string_view other) {
  const auto lower = [](char c) { return c >= 'A' && c <= 'Z' ? static_cast<char>(c + 32) : c; };
  return std::ranges::equal(one, other, {}, lower, lower);
}

std::vector<Column> columns_of(const sqlite::Database& database, const std::string& table) {
  auto rows = database.prepare("SELECT name, type, pk FROM pragma_table_info(?)");
  rows.bind(0, table);
  std::vector<Column> columns;
  while (rows.step()) {
    columns.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2)});
  }
  return columns;
}

/// The columns of the mirrored table: those that records need, and those of the last pull.
std::vector<Column> mirrored_columns(const sqlite::Database& database, const TableLayout& layout) {
  std::vector<Column> columns;
  for (const ColumnLayout& column : layout.columns) {
    const auto place = std::ranges::find(layout.key, column.name) - layout.key.begin();
    const bool in_key = place < std::ssize(layout.key);
    columns.push_back({.name = column.name, .place_in_key = in_key ? place + 1 : 0});
  }
  auto rows = database.prepare("SELECT name FROM playmirror_columns WHERE table_name = ?");
  rows.bind(0, layout.name);
  while (rows.step()) {
    if (!layout.find(rows.text(0))) columns.push_back({.name = std::string(rows.text(0))});
  }
  return columns;
}

/// What keeps the table from being used, if anything does. Further columns do no harm.
std::optional<std::string> what_is_wrong(const std::vector<Column>& wanted,
                                         const std::vector<Column>& found) {
  if (found.empty()) return "the table is missing";
  for (const Column& column : wanted) {
    const auto same = std::ranges::find_if(
        found, [&](const Column& other) { return is_same_name(other.name, column.name); });
    if (same == found.end()) return "the column " + column.name + " is missing";
    const bool fits = column.type.empty() || is_same_name(column.type, same->type);
    if (!fits || same->place_in_key != column.place_in_key) {
      return "the column " + column.name + " is not as it was made";
    }
  }
  return std::nullopt;
}

}  // namespace

std::vector<FileProblem> check_shape(const sqlite::Database& database) {
  std::vector<FileProblem> problems;
  const auto compare = [&](const std::string& table, const std::vector<Column>& wanted) {
    if (auto what = what_is_wrong(wanted, columns_of(database, table))) {
      problems.push_back({table, *std::move(what)});
    }
  };
  auto model = sqlite::Database::temporary();
  create_bookkeeping(model);
  auto tables = model.prepare(
      "SELECT name FROM sqlite_schema WHERE type = 'table' AND name LIKE 'playmirror%' ORDER BY 1");
  while (tables.step()) {
    const std::string table(tables.text(0));
    compare(table, columns_of(model, table));
  }
  if (!problems.empty()) return problems;  // the names of columns stand in one of these
  for (const TableLayout& layout : record_layouts()) {
    compare(layout.name, mirrored_columns(database, layout));
  }
  return problems;
}

}  // namespace playmirror::schema
