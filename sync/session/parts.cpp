#include "sync/session/parts.hpp"

#include "core/mirror/meta.hpp"
#include "core/text/split.hpp"
#include "sync/session/horizon.hpp"

#include <algorithm>
#include <map>
#include <vector>

namespace playmirror::sync {
namespace {

/// As meta::kParts has them: `play_history=16401,16402;tracks=16403`.
std::map<std::string, std::string> stored_parts(const sqlite::Database& database) {
  std::map<std::string, std::string> parts;
  for (const std::string& entry :
       text::split(meta::read(database, meta::kParts).value_or(""), ';')) {
    const std::size_t equals = entry.find('=');
    if (equals != std::string::npos) parts[entry.substr(0, equals)] = entry.substr(equals + 1);
  }
  return parts;
}

/// "tableoid IN (...)" of those that the mirror has not read; empty when there are none.
std::string unseen_parts(const sqlite::Database& database, const ServerTable& table) {
  if (table.parts.empty()) return {};
  const std::vector<std::string> seen = text::split(stored_parts(database)[table.name], ',');
  std::string unseen;
  for (const std::string& part : text::split(table.parts, ',')) {
    if (std::ranges::find(seen, part) != seen.end()) continue;
    unseen += (unseen.empty() ? "" : ", ") + part;
  }
  return unseen.empty() ? "" : "tableoid IN (" + unseen + ")";
}

}  // namespace

std::string unseen_rows(const sqlite::Database& database, const ServerTable& table,
                        const ingest::TableState& state, std::int64_t xmax) {
  const std::string newer = horizon_condition(state.horizon.value_or(0), xmax);
  if (newer.empty()) return {};
  const std::string parts = unseen_parts(database, table);
  return parts.empty() ? newer : "(" + newer + " OR " + parts + ")";
}

bool has_unseen_parts(const sqlite::Database& database, const ServerTable& table) {
  return !unseen_parts(database, table).empty();
}

void store_parts(sqlite::Database& database, const std::string& table, std::string_view parts) {
  auto all = stored_parts(database);
  if (all[table] == parts) return;
  all[table] = parts;
  std::string text;
  for (const auto& [name, list] : all) {
    if (!list.empty()) text += (text.empty() ? "" : ";") + name + "=" + list;
  }
  meta::write(database, meta::kParts, text);
}

}  // namespace playmirror::sync
