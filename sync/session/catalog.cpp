#include "sync/session/catalog.hpp"

#include "core/test_hooks.hpp"

#include <algorithm>
#include <cctype>
#include <utility>

namespace playmirror::sync {
namespace {

std::string lower(std::string text) {
  std::ranges::transform(text, text.begin(),
                         [](unsigned char c) { return static_cast<char>(std::tolower(c)); });
  return text;
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

std::string catalog_sql() {
  std::string names;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    names += pg::literal(layout.name) + ", ";
  }
  std::string keys;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    std::string columns;
    for (const std::string& column : layout.key) {
      columns += (columns.empty() ? "" : ", ") + pg::literal(column);
    }
    keys += " WHEN " + pg::literal(layout.name) + " THEN ARRAY[" + columns + "]";
  }
  // A domain is read as the type under it.
  return "SELECT c.relname, c.relkind, "
         "pg_catalog.has_table_privilege(c.oid, 'SELECT'), "
         "pg_catalog.has_table_privilege(c.oid, 'INSERT'), "
         "c.relrowsecurity AND pg_catalog.row_security_active(c.oid), "
         "a.attname, coalesce(b.typname, t.typname), a.attnotnull, "
         "a.atthasdef OR a.attidentity <> '' OR a.attgenerated <> '', "
         "pg_catalog.has_column_privilege(c.oid, a.attnum, 'SELECT'), "
         "pg_catalog.has_column_privilege(c.oid, a.attnum, 'INSERT'), "
         "c.oid::bigint, a.attnum, c.relfilenode::bigint, "
         // Ranges of tuple ids are read as such since version 14; before, each would be a full
         // scan.
         "c.relkind = 'r' AND NOT c.relhassubclass AND coalesce((SELECT m.amname = 'heap' FROM "
         "pg_catalog.pg_am m "
         "WHERE m.oid = c.relam), false) "
         "AND pg_catalog.current_setting('server_version_num')::int >= 140000, "
         // Rounded as the column rounds, a recorded time is found again. A length, on the other
         // hand, would cut a text where the column refuses it.
         "pg_catalog.quote_ident(tn.nspname) || '.' || "
         "pg_catalog.quote_ident(coalesce(b.typname, t.typname)) || "
         "CASE WHEN coalesce(b.typname, t.typname) IN ('timestamp', 'timestamptz') "
         "AND CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END >= 0 "
         "THEN '(' || CASE WHEN b.oid IS NULL THEN a.atttypmod ELSE t.typtypmod END || ')' "
         "ELSE '' END, "
         // Rows of a table that inherits from this one are under no index of this one.
         "NOT (c.relkind = 'r' AND c.relhassubclass) AND EXISTS (SELECT FROM pg_catalog.pg_index i "
         "WHERE i.indrelid = c.oid AND i.indisunique AND i.indisvalid AND i.indpred IS NULL "
         "AND i.indexprs IS NULL AND NOT EXISTS (SELECT FROM "
         "generate_series(0, i.indnkeyatts - 1) AS place JOIN pg_catalog.pg_attribute k "
         "ON k.attrelid = c.oid AND k.attnum = i.indkey[place] "
         "WHERE k.attname::text <> ALL (CASE c.relname" +
         keys +
         " END))), "
         "CASE WHEN c.relhassubclass THEN (WITH RECURSIVE heirs (heir) AS (SELECT inhrelid FROM "
         "pg_catalog.pg_inherits WHERE inhparent = c.oid UNION SELECT i.inhrelid FROM "
         "pg_catalog.pg_inherits i JOIN heirs ON i.inhparent = heirs.heir) "
         "SELECT pg_catalog.string_agg(heir::bigint::text, ',' ORDER BY heir) FROM heirs) END "
         "FROM pg_catalog.pg_class c "
         "JOIN pg_catalog.pg_namespace n ON n.oid = c.relnamespace "
         "JOIN pg_catalog.pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 "
         "AND NOT a.attisdropped "
         "JOIN pg_catalog.pg_type t ON t.oid = a.atttypid "
         "LEFT JOIN pg_catalog.pg_type b ON t.typtype = 'd' AND b.oid = t.typbasetype "
         "JOIN pg_catalog.pg_namespace tn ON tn.oid = coalesce(b.typnamespace, t.typnamespace) "
         "WHERE n.nspname = $1 AND c.relkind IN ('r', 'p', 'v', 'm', 'f') AND c.relname IN (" +
         names + "'alembic_version') ORDER BY c.relname, a.attnum";
}

Catalog read_catalog(const pg::Result& result, const std::string& schema) {
  Catalog catalog;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    catalog.tables[layout.name].name = layout.name;
  }
  for (int i = 0; i < result.size(); ++i) {
    const pg::Row row = result[i];
    const std::string name = row.text(0);
    if (name == "alembic_version") {
      if (row.text(5) == "version_num") catalog.has_alembic_version = row.boolean(9);
      continue;
    }
    ServerTable& table = catalog.tables[name];
    table.kind = row.text(1).front();
    table.readable = row.boolean(2);
    table.insertable = row.boolean(3);
    table.rows_hidden = row.boolean(4) && PLAYMIRROR_SAFEGUARD("row security");
    const std::string type = row.text(6);
    table.relation = row.integer(11);
    table.storage = row.integer(13);
    table.has_blocks = row.boolean(14);
    table.has_unique_key = row.boolean(16);
    if (!row.is_null(17)) table.parts = row.text(17);
    table.columns.push_back(
        {{row.text(5), type, schema::kind_of(type), static_cast<int>(row.integer(12))},
         row.text(15),
         row.boolean(7),
         row.boolean(8),
         row.boolean(9),
         row.boolean(10)});
  }
  for (auto& [name, table] : catalog.tables) {
    table.problem = problem_of(table, schema);
    for (const std::string& column : schema::record_layout(name).key) {
      const ServerColumn* found = table.find(column);
      if (found == nullptr || !found->not_null) table.has_unique_key = false;
    }
  }
  return catalog;
}

}  // namespace playmirror::sync
