#include "sync/session/catalog.hpp"

#include "core/test_hooks.hpp"
#include "core/text/split.hpp"

#include <algorithm>
#include <cctype>
#include <set>
#include <utility>

namespace playmirror::sync {
namespace {

/// The first PostgreSQL with columns that are generated and not stored.
constexpr int kVirtualColumns = 180000;

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
}

/// Whether a type, spelt with its schema, is no one's but PostgreSQL's. quote_all_identifiers
/// quotes the schema too.
bool is_of_postgresql(std::string_view type) {
  return type.starts_with("pg_catalog.") || type.starts_with("\"pg_catalog\".");
}

/// Which columns are not as the typed records need them: all of them, so that one look is enough.
std::optional<Problem> shape_problem(const ServerTable& table, const std::string& name) {
  std::string missing;
  std::string other;
  bool several = false;
  for (const schema::ColumnLayout& column : schema::record_layout(table.name).columns) {
    const ServerColumn* found = table.find(column.name);
    if (found == nullptr) {
      several = !missing.empty();
      missing += (missing.empty() ? "" : ", ") + column.name;
    } else if (const auto why = schema::mismatch(column, found->layout)) {
      other += (other.empty() ? "" : "; ") + *why;
    }
  }
  if (missing.empty() && other.empty()) return std::nullopt;
  std::string message = "table " + name;
  if (!missing.empty()) {
    message += (several ? " has no columns " : " has no column ") + missing + " any more";
  }
  if (!other.empty()) message += (missing.empty() ? ": " : "; ") + other;
  return Problem{ErrorCode::schema_mismatch, message,
                 "Upgrade playmirror, or undo the migration; the mirrored rows stay readable."};
}

std::optional<Problem> problem_of(const ServerTable& table, const std::string& schema) {
  const std::string name = schema + "." + table.name;
  if (table.kind == 0) {
    return Problem{ErrorCode::schema_mismatch, "the server has no table " + name,
                   "Run the backend's migrations, or choose another schema."};
  }
  if (!table.is_table()) {
    return Problem{ErrorCode::schema_mismatch,
                   name + " is a view, which does not tell what changed",
                   "Put the table itself into the schema, or choose the schema it is in."};
  }
  if (table.has_foreign_part) {
    return Problem{ErrorCode::schema_mismatch,
                   "a part of " + name + " is a foreign table, which does not tell what changed",
                   "Detach it, or mirror the server that it is on."};
  }
  if (table.is_absent) {
    return Problem{ErrorCode::server_refused,
                   name + " is an unlogged table, which a standby does not have",
                   "Connect to the primary, or have the table logged."};
  }
  if (!table.readable) {
    std::string columns;
    for (const ServerColumn& column : table.columns) {
      if (!column.readable) columns += (columns.empty() ? "" : ", ") + column.layout.name;
    }
    return Problem{
        ErrorCode::permission_denied,
        "the role may not read " + name + (columns.empty() ? "" : " (columns " + columns + ")"),
        "GRANT SELECT ON " + pg::quoted(schema) + "." + pg::quoted(table.name) + " TO the role."};
  }
  if (table.rows_hidden) {
    return Problem{ErrorCode::row_security,
                   "row-level security hides rows of " + name + " from the role",
                   "Give the role a policy that shows every row and BYPASSRLS, or take the policy "
                   "off; until then the mirrored rows stay as they are."};
  }
  return shape_problem(table, name);
}

/// Whether its primary key is on nothing but the mirror's key.
bool has_unique_key(const ServerTable& table) {
  std::vector<std::string> key;
  for (const std::string& column : schema::record_layout(table.name).key) {
    const ServerColumn* found = table.find(column);
    if (found != nullptr) key.push_back(std::to_string(found->layout.number));
  }
  return !table.primary_key.empty() &&
         std::ranges::all_of(text::split(table.primary_key, ','), [&](const std::string& column) {
           return std::ranges::find(key, column) != key.end();
         });
}

/// Whether triggers, as catalog_sql() tells of them, are all PostgreSQL's own and at work.
bool are_all_of_postgresql(const std::string& triggers) {
  const std::vector<std::string> each = text::split(triggers, ';');
  return triggers.empty() || std::ranges::all_of(each, [](const std::string& trigger) {
           return trigger.starts_with("t ");
         });
}

/// Whether one of them sees to it that a play's track is there.
bool checks_tracks(const std::string& triggers, const ServerTable& tracks) {
  const std::string wanted =
      "t " + std::to_string(tracks.relation) + " FOREIGN KEY (track_id) REFERENCES ";
  const std::vector<std::string> each = text::split(triggers, ';');
  return std::ranges::any_of(each, [&](const std::string& trigger) {
    if (!trigger.starts_with(wanted)) return false;
    const std::size_t bracket = trigger.find('(', wanted.size());
    return bracket != std::string::npos && trigger.substr(bracket).starts_with("(id)");
  });
}

/// Finds the table's parts, and theirs, among all tables that are part of another: each of these is
/// given as parent, child and the child's kind, children in rising order.
void note_parts(ServerTable& table, const std::string& inheritance) {
  std::vector<std::vector<std::string>> all;
  for (const std::string& each : text::split(inheritance, ';'))
    all.push_back(text::split(each, ','));
  std::erase_if(all, [](const auto& fields) { return fields.size() != 3; });
  std::set<std::string> family{std::to_string(table.relation)};
  for (std::size_t known = 0; known != family.size();) {
    known = family.size();
    for (const auto& fields : all) {
      if (family.contains(fields[0])) family.insert(fields[1]);
    }
  }
  table.parts.clear();
  std::string last;
  for (const auto& fields : all) {
    // One that inherits from two of them comes twice.
    if (!family.contains(fields[0]) || fields[1] == last) continue;
    last = fields[1];
    table.parts += (table.parts.empty() ? "" : ",") + last;
    table.has_foreign_part = table.has_foreign_part || fields[2] == "f";
  }
}

}  // namespace

schema::TableLayout ServerTable::layout() const {
  schema::TableLayout result;
  result.name = name;
  const schema::TableLayout& record = schema::record_layout(name);
  result.key = record.key;
  for (const ServerColumn& column : columns) {
    // SQLite's column names ignore case: of two that differ in nothing else, that of the record is
    // kept, or else the first.
    const auto alike = [&](const schema::ColumnLayout& other) {
      return lower(other.name) == lower(column.layout.name);
    };
    const bool taken =
        std::ranges::any_of(result.columns, alike) ||
        (!record.find(column.layout.name) && std::ranges::any_of(record.columns, alike));
    if (!taken) result.columns.push_back(column.layout);
  }
  return ingest::within(std::move(result), scope);
}

const ServerColumn* ServerTable::find(std::string_view column) const noexcept {
  for (const ServerColumn& candidate : columns) {
    if (candidate.layout.name == column) return &candidate;
  }
  return nullptr;
}

std::string catalog_sql(const std::string& schema, int server_version) {
  std::string names;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    names += pg::literal(layout.name) + ", ";
  }
  // What is true of a table comes once, with a column of its key, and not with each of its columns.
  std::string part_of_key;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    part_of_key += (part_of_key.empty() ? "a.attname IN (" : ", ") + pg::literal(layout.key.back());
  }
  part_of_key += ")";
  // Of a column that is computed when it is read, another expression gives every row another value,
  // and writes none: it is known by that expression. Those of a table's parts do not count.
  std::string number = "a.attnum";
  if (server_version >= kVirtualColumns) {
    number =
        "CASE WHEN a.attgenerated = 'v' THEN (SELECT x.oid::bigint FROM pg_catalog.pg_attrdef x "
        "WHERE x.adrelid = c.oid AND x.adnum = a.attnum) ELSE a.attnum END";
  }
  // A domain is read as the type under it.
  return "SELECT c.relname, c.relkind, "
         "pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
         "pg_catalog.has_table_privilege(c.oid, 'INSERT'), "
         "c.relrowsecurity AND pg_catalog.row_security_active(c.oid), "
         "a.attname, coalesce(b.typname, t.typname), a.attnotnull, "
         "a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '', "
         "pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'), "
         // Nobody may insert into a column that the server computes itself.
         "CASE WHEN a.attgenerated = '' "
         "THEN pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT') END, "
         "c.oid::bigint, " +
         number +
         ", c.relfilenode::bigint, "
         // Ranges of tuple ids are read as such since version 14; before, each would be a full
         // scan.
         "c.relkind = 'r' AND NOT c.relhassubclass AND coalesce((SELECT m.amname = 'heap' FROM "
         "pg_catalog.pg_am m "
         "WHERE m.oid = c.relam), false) "
         "AND pg_catalog.current_setting('server_version_num')::int >= 140000, "
         // Rounded as the column rounds, a recorded time is found again. A length, on the other
         // hand, would cut a text where the column refuses it.
         "coalesce(b.typnamespace, t.typnamespace)::pg_catalog.regnamespace::text || '.' || "
         "pg_catalog.quote_ident(coalesce(b.typname, t.typname)) || "
         "CASE WHEN coalesce(b.typname, t.typname) IN ('timestamp', 'timestamptz') "
         "AND CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE b.modifier END >= 0 "
         "THEN '(' || CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE b.modifier END || ')' "
         "ELSE '' END, "
         // Rows of a table that inherits from this one are under no key of this one.
         "CASE WHEN " +
         part_of_key +
         " AND NOT (c.relkind = 'r' AND c.relhassubclass) THEN (SELECT "
         "pg_catalog.array_to_string(k.conkey, ',') FROM pg_catalog.pg_constraint k "
         "WHERE k.conrelid = c.oid AND k.contype = 'p') END, "
         "CASE WHEN " +
         part_of_key +
         " AND c.relhassubclass THEN (SELECT pg_catalog.string_agg(pg_catalog.concat_ws(',', "
         "i.inhparent::bigint, i.inhrelid::bigint, h.relkind), ';' ORDER BY i.inhrelid) "
         "FROM pg_catalog.pg_inherits i JOIN pg_catalog.pg_class h ON h.oid = i.inhrelid) END, "
         // Nothing of an unlogged table reaches a standby, or outlives a crash.
         "CASE WHEN c.relpersistence = 'u' THEN pg_catalog.pg_is_in_recovery() END, "
         // Foreign keys are checked by triggers of PostgreSQL's own, which can be switched off.
         "CASE WHEN c.relkind = 'r' AND NOT c.relhassubclass AND NOT c.relhasrules AND "
         "pg_catalog.current_setting('session_replication_role') = 'origin' THEN CASE "
         "WHEN NOT c.relhastriggers THEN '' WHEN a.attname = 'track_id' THEN (SELECT "
         "pg_catalog.string_agg(pg_catalog.concat_ws(' ', g.tgisinternal AND g.tgenabled IN "
         "('O', 'A'), g.tgconstrrelid::bigint, pg_catalog.pg_get_constraintdef(g.tgconstraint)), "
         "';') FROM pg_catalog.pg_trigger g WHERE g.tgrelid = c.oid) END END "
         "FROM pg_catalog.pg_class c "
         "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
         "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
         "AND NOT a.attisdropped "
         "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
         // A domain may be over another one; how its times are rounded, the last one says.
         "LEFT JOIN LATERAL (WITH RECURSIVE d AS ("
         "SELECT t.typbasetype AS base, t.typtypmod AS modifier WHERE t.typtype = 'd' UNION ALL "
         "SELECT u.typbasetype, u.typtypmod FROM d JOIN pg_catalog.pg_type u ON u.oid = d.base "
         "WHERE u.typtype = 'd') SELECT u.oid, u.typname, u.typnamespace, d.modifier FROM d "
         "JOIN pg_catalog.pg_type u ON u.oid = d.base WHERE u.typtype <> 'd') b ON true "
         "WHERE n.nspname = " +
         pg::literal(schema) + " AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN (" +
         names + "'alembic_version') ORDER BY c.relname, a.attnum";
}

Catalog read_catalog(const pg::Result& result, const std::string& schema) {
  Catalog catalog;
  // By table; none where other things than triggers come between. Their text depends on the path.
  std::map<std::string, std::string> triggers;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    catalog.tables[layout.name].name = layout.name;
  }
  for (int i = 0; i < result.size(); ++i) {
    const pg::Row row = result[i];
    const std::string name = row.text(0);
    if (name == "alembic_version") {
      // A table that hides no rows and can be locked, which the privilege to read its one column
      // does not allow: to read anything else may fail, and nothing depends on it.
      const std::string kind = row.text(1);
      const bool is_plain =
          (kind == "r" || kind == "p") && !row.boolean(4) && (row.is_null(18) || !row.boolean(18));
      if (row.text(5) == "version_num") catalog.has_alembic_version = is_plain && row.boolean(2);
      continue;
    }
    ServerTable& table = catalog.tables[name];
    table.kind = row.text(1).front();
    table.readable = row.boolean(2);
    table.insertable = row.boolean(3);
    table.rows_hidden = row.boolean(4) && PLAYMIRROR_SAFEGUARD("row security");
    std::string type = row.text(6);
    // One of the backend's own, of a name that PostgreSQL has too.
    if (schema::travels_binary(type) && !is_of_postgresql(row.text(15))) type = row.text(15);
    table.relation = row.integer(11);
    table.storage = row.integer(13);
    table.has_blocks = row.boolean(14);
    if (!row.is_null(16)) table.primary_key = row.text(16);
    if (!row.is_null(17)) note_parts(table, row.text(17));
    table.is_unlogged = !row.is_null(18);
    table.is_absent = table.is_unlogged && row.boolean(18);
    if (!row.is_null(19)) triggers[name] = row.text(19);
    table.columns.push_back(
        {{row.text(5), type, schema::kind_of(type), static_cast<int>(row.integer(12))},
         row.text(15),
         row.boolean(7),
         row.boolean(8),
         row.boolean(9),
         !row.is_null(10) && row.boolean(10),
         row.is_null(10)});
  }
  for (auto& [name, table] : catalog.tables) {
    table.problem = problem_of(table, schema);
    table.has_unique_key = has_unique_key(table);
    const auto known = triggers.find(name);
    table.keeps_what_it_takes = known != triggers.end() && are_all_of_postgresql(known->second);
  }
  catalog.tables.at("play_history").checks_parents =
      checks_tracks(triggers["play_history"], catalog.tables.at("tracks"));
  return catalog;
}

}  // namespace playmirror::sync
