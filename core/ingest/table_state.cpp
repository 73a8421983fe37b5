#include "core/ingest/table_state.hpp"

#include <algorithm>

namespace playmirror::ingest {
namespace {

std::string_view name_of(CopyState state) {
  switch (state) {
    case CopyState::empty:
      return "empty";
    case CopyState::copying:
      return "copying";
    case CopyState::filling:
      return "filling";
    case CopyState::copied:
      return "copied";
    default:
      return "complete";
  }
}

/// Whether the column says which row it is, or whether the row is mirrored.
bool identifies(const schema::TableLayout& table, const std::string& column) {
  return std::ranges::find(table.key, column) != table.key.end() ||
         (table.cut && table.cut->column == column);
}

/// Whether the same stored value may have another text, while the server rewrites no row: as
/// `bpchar`, a `varchar` loses the spaces at its end; and a session whose zone is UTC makes UTC of
/// what was the local time of another zone, or the reverse.
bool may_print_otherwise(const schema::ColumnLayout& before, const schema::ColumnLayout& now) {
  const auto is_time = [](const schema::ColumnLayout& column) {
    return column.kind == schema::ValueKind::timestamp ||
           column.kind == schema::ValueKind::timestamptz;
  };
  if (is_time(before) && is_time(now)) return before.kind != now.kind;
  return before.server_type != now.server_type && before.kind == schema::ValueKind::text &&
         now.kind == schema::ValueKind::text &&
         !(schema::travels_binary(before.server_type) && schema::travels_binary(now.server_type));
}

}  // namespace

TableState read_state(const sqlite::Database& database, std::string_view table) {
  const auto row = database.kept(
      "SELECT state, horizon, copied_to, problem, relation FROM playmirror_tables WHERE name = ?");
  row->bind_view(0, table);
  TableState state;
  if (!row->step()) return state;
  const auto copy = row->text(0);
  state.copy = copy == "complete"  ? CopyState::complete
               : copy == "filling" ? CopyState::filling
               : copy == "copied"  ? CopyState::copied
               : copy == "copying" ? CopyState::copying
                                   : CopyState::empty;
  if (!row->is_null(1)) state.horizon = row->integer(1);
  if (!row->is_null(2)) state.copied_to = row->text(2);
  state.problem = row->text(3);
  state.relation = row->integer(4);
  return state;
}

void write_state(sqlite::Database& database, std::string_view table, const TableState& state) {
  database
      .kept(
          "UPDATE playmirror_tables SET state = ?, horizon = ?, copied_to = ?, "
          "problem = ?, relation = ? WHERE name = ?")
      ->bind_all(name_of(state.copy), state.horizon, state.copied_to, state.problem, state.relation,
                 table)
      .run();
}

std::int64_t latest_horizon(const sqlite::Database& database) {
  const auto row = database.kept("SELECT coalesce(max(horizon), 0) FROM playmirror_tables");
  row->step();
  return row->integer(0);
}

schema::TableLayout read_layout(const sqlite::Database& database, std::string_view table) {
  schema::TableLayout layout;
  layout.name = table;
  layout.key = schema::record_layout(table).key;
  const auto rows = database.kept(
      "SELECT name, server_type, number FROM playmirror_columns WHERE table_name = ? "
      "ORDER BY position");
  rows->bind(0, table);
  while (rows->step()) {
    layout.columns.push_back({std::string(rows->text(0)), std::string(rows->text(1)),
                              schema::kind_of(rows->text(1)), static_cast<int>(rows->integer(2))});
  }
  return layout;
}

LayoutChange compare(const schema::TableLayout& here, const schema::TableLayout& server) {
  LayoutChange change;
  for (const schema::ColumnLayout& column : server.columns) {
    const auto found = here.find(column.name);
    if (!found) {
      change.added.push_back(column);
      change.fill.push_back(column);
      continue;
    }
    const schema::ColumnLayout& known = here.columns[*found];
    if (known == column) continue;
    change.relabelled = true;
    // Another storage class: dropped here and added anew.
    if (schema::sqlite_type(known.kind) != schema::sqlite_type(column.kind)) {
      change.dropped.push_back(column.name);
      change.added.push_back(column);
      change.fill.push_back(column);
    } else if (known.number != 0 &&
               (known.number != column.number || may_print_otherwise(known, column))) {
      // Dropped and added again under its old name, or renamed, or retyped: other values, and no
      // row was written.
      if (identifies(server, column.name)) {
        change.rekeyed = true;
      } else {
        change.fill.push_back(column);
      }
    }
  }
  for (const schema::ColumnLayout& column : here.columns) {
    if (!server.find(column.name)) change.dropped.push_back(column.name);
  }
  return change;
}

void adopt_layout(sqlite::Database& database, const schema::TableLayout& server,
                  const LayoutChange& change) {
  const std::string table = sqlite::quoted(server.name);
  const schema::TableLayout& needed = schema::record_layout(server.name);
  for (const std::string& column : change.dropped) {
    if (needed.find(column)) continue;
    database.execute("ALTER TABLE " + table + " DROP COLUMN " + sqlite::quoted(column));
    database.prepare("DELETE FROM playmirror_odd_values WHERE table_name = ? AND column_name = ?")
        .bind_all(server.name, column)
        .run();
  }
  for (const schema::ColumnLayout& column : change.added) {
    if (needed.find(column.name)) continue;
    database.execute("ALTER TABLE " + table + " ADD COLUMN " + sqlite::quoted(column.name) + " " +
                     std::string(schema::sqlite_type(column.kind)));
  }
  database.prepare("DELETE FROM playmirror_columns WHERE table_name = ?")
      .bind_all(server.name)
      .run();
  std::int64_t position = 0;
  for (const schema::ColumnLayout& column : server.columns) {
    database
        .prepare(
            "INSERT INTO playmirror_columns "
            "(table_name, position, name, server_type, number) VALUES (?, ?, ?, ?, ?)")
        .bind_all(server.name, ++position, column.name, column.server_type, column.number)
        .run();
  }
}

}  // namespace playmirror::ingest
