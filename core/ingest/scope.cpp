#include "core/ingest/scope.hpp"

#include "core/mirror/meta.hpp"
#include "core/sqlite/time_function.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <iterator>

namespace playmirror::ingest {
namespace {

constexpr std::string_view kCutTable = "play_history";
constexpr const char* kCutColumn = "played_at";
constexpr std::string_view kTrimmedTable = "tracks";

constexpr char kListSeparator = ',';

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> names;
  while (!list.empty()) {
    const std::string_view name = list.substr(0, list.find(kListSeparator));
    names.emplace_back(name);
    list.remove_prefix(std::min(list.size(), name.size() + 1));
  }
  return names;
}

std::string join(const std::vector<std::string>& names) {
  std::string list;
  for (const std::string& name : names)
    list += (list.empty() ? "" : std::string(1, kListSeparator)) + name;
  return list;
}

/// True for plays before the cut, and for those without a time: by value, since not every
/// timestamp's text sorts. The server's condition is the same.
std::string is_before(sqlite::Database& database, const std::string& since) {
  sqlite::add_time_function(database);
  return "(" + std::string(sqlite::kTimeFunction) + "(" + kCutColumn +
         ") >= " + std::to_string(parse_postgres(since).value()) + ") IS NOT TRUE";
}

void drop_odd_values_of_gone_rows(sqlite::Database& database) {
  database.execute(
      "DELETE FROM playmirror_odd_values WHERE table_name = 'play_history' AND NOT EXISTS "
      "(SELECT 1 FROM play_history p WHERE p.id = CAST(row_key AS INTEGER))");
}

}  // namespace

Scope read_scope(const sqlite::Database& database) {
  Scope scope;
  scope.left_out = split(meta::read(database, meta::kLeftOut).value_or(""));
  const std::string since = meta::read(database, meta::kPlaysSince).value_or("");
  if (!since.empty() && !parse_postgres(since)) {
    raise(ErrorCode::damaged, "plays_since in playmirror_meta is no time: \"" + since + '"',
          {.hint = "Server.repair() puts it right: it copies the mirror anew, and says which plays "
                   "to leave out has to be told again."});
  }
  if (!since.empty()) scope.plays_since = since;
  return scope;
}

void write_scope(sqlite::Database& database, const Scope& scope) {
  if (scope == read_scope(database)) return;
  meta::write(database, meta::kLeftOut, join(scope.left_out));
  meta::write(database, meta::kPlaysSince, scope.plays_since.value_or(""));
}

Scope common_part(const Scope& a, const Scope& b) {
  Scope common;
  std::ranges::set_union(a.left_out, b.left_out, std::back_inserter(common.left_out));
  common.plays_since = a.plays_since;
  if (b.plays_since &&
      (!a.plays_since || parse_postgres(*a.plays_since) < parse_postgres(*b.plays_since))) {
    common.plays_since = b.plays_since;
  }
  return common;
}

schema::TableLayout within(schema::TableLayout table, const Scope& scope) {
  if (table.name == kTrimmedTable) {
    for (const std::string& column : scope.left_out) {
      if (std::erase_if(table.columns, [&](const auto& each) { return each.name == column; }) > 0) {
        table.left_out.push_back(column);
      }
    }
  }
  if (table.name == kCutTable && scope.plays_since) {
    table.cut = schema::Cut{kCutColumn, *scope.plays_since};
  }
  return table;
}

bool is_outside(const Scope& scope, std::string_view table, std::string_view played_at) {
  if (table != kCutTable || !scope.plays_since) return false;
  const auto micros = parse_postgres(played_at);
  return !micros || *micros < parse_postgres(*scope.plays_since).value();
}

void narrow(sqlite::Database& database, const Scope& scope) {
  const Scope before = read_scope(database);
  for (const std::string& column : scope.left_out) {
    if (std::ranges::find(before.left_out, column) != before.left_out.end()) continue;
    const std::string name = sqlite::quoted(column);
    database.execute("UPDATE tracks SET " + name + " = NULL WHERE " + name +
                     " IS NOT NULL AND id NOT IN (SELECT identity FROM playmirror_outbox WHERE "
                     "table_name = 'tracks')");
    database.prepare("DELETE FROM playmirror_columns WHERE table_name = ? AND name = ?")
        .bind_all(kTrimmedTable, column)
        .run();
  }
  if (scope.plays_since && scope.plays_since != before.plays_since) {
    database.execute("DELETE FROM play_history WHERE " + is_before(database, *scope.plays_since) +
                     " AND id NOT IN (SELECT row_id FROM playmirror_outbox WHERE table_name = "
                     "'play_history')");
    drop_odd_values_of_gone_rows(database);
  }
  write_scope(database, scope);
}

void drop_if_outside(sqlite::Database& database, const Scope& scope, std::string_view table,
                     std::int64_t id) {
  if (table != kCutTable || !scope.plays_since) return;
  auto play = database.prepare("SELECT played_at FROM play_history WHERE id = ?");
  play.bind(0, id);
  if (!play.step() || !is_outside(scope, table, play.text(0))) return;
  play.reset();
  database.prepare("DELETE FROM play_history WHERE id = ?").bind_all(id).run();
}

}  // namespace playmirror::ingest
