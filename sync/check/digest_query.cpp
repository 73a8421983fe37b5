#include "sync/check/digest_query.hpp"

#include "core/digest/server_hash.hpp"

#include <algorithm>
#include <string_view>

namespace playmirror::sync {
namespace {

constexpr std::string_view kProbe = "playmirror";

std::string big_number(std::uint64_t bits) {
  return "'" + std::to_string(static_cast<std::int64_t>(bits)) + "'::bigint";
}

std::string hash_text(const std::string& text, const std::string& seed) {
  return "hashtextextended(" + text + " COLLATE \"C\", " + seed + ")";
}

/// What the hashes of a row's values are seeded with: the key itself where it is a number.
std::string key_seed(const schema::TableLayout& table) {
  if (table.has_integer_key()) return pg::quoted(table.key.front()) + "::bigint";
  std::string seed = "0";
  for (const std::string& column : table.key) {
    seed = hash_text(pg::quoted(column) + "::text", seed);
  }
  return seed;
}

/// The hash of one value as core/digest computes it from what the mirror has stored.
std::string value_hash(const std::string& value, schema::ValueKind kind, const std::string& seed) {
  switch (kind) {
    case schema::ValueKind::integer:
      return "hashint8extended(" + value + "::bigint, " + seed + ")";
    case schema::ValueKind::boolean:
      return "hashint8extended(" + value + "::int::bigint, " + seed + ")";
    case schema::ValueKind::real32:
    case schema::ValueKind::real64:
      return hash_text("CASE WHEN " + value + " = 'NaN' THEN 'NaN' WHEN " + value +
                           " IS NOT NULL THEN encode(float8send(" + value + "::float8), 'hex') END",
                       seed);
    case schema::ValueKind::timestamptz:
      return hash_text("(" + value + " AT TIME ZONE 'UTC')::text", seed);
    default:
      return hash_text(value + "::text", seed);
  }
}

/// A decimal number modulo 2^64.
std::uint64_t wrapped(std::string_view decimal) {
  std::uint64_t value = 0;
  for (const char c : decimal) {
    if (c >= '0' && c <= '9') value = value * 10 + static_cast<std::uint64_t>(c - '0');
  }
  return decimal.starts_with('-') ? 0 - value : value;
}

}  // namespace

pg::Command hash_probe(bool& comparable) {
  pg::Command command;
  command.sql = "SELECT " + hash_text(pg::literal(kProbe), "1") +
                ", hashint8extended(-2, 1), "
                "pg_catalog.current_setting('server_encoding') = 'UTF8'";
  command.doing = "ask how the server hashes";
  command.on_result = [&comparable](const pg::Result& result) {
    const auto same = [&](int field, std::uint64_t expected) {
      return static_cast<std::uint64_t>(result[0].integer(field)) == expected;
    };
    comparable = same(0, digest::hash_text(kProbe, 1)) && same(1, digest::hash_integer(-2, 1)) &&
                 result[0].boolean(2);
  };
  return command;
}

pg::Command digest_command(const ServerSession& session, const schema::TableLayout& table,
                           const std::vector<schema::ColumnLayout>& columns, std::int64_t horizon,
                           ServerBlocks& blocks) {
  const std::string key = key_seed(table);
  std::string sums;
  for (const schema::ColumnLayout& column : columns) {
    const std::string seed = key + " # " + big_number(digest::column_seed(column.name));
    // Sums of bigint are numeric: they do not overflow, and the order of rows does not matter.
    sums += (sums.empty() ? "" : " + ") +
            ("coalesce(sum(" + value_hash(session.value_of(table.name, column), column.kind, seed) +
             "), 0)");
  }
  // As in horizon_condition(); a hint, which a horizon of two thousand million transactions ago
  // may make wrong.
  const std::string newer = "coalesce(bool_or(age(xmin) <= (SELECT age('" +
                            std::to_string(horizon & 0xFFFFFFFF) + "'::xid))), false)";
  pg::Command command;
  command.sql = "SELECT " + session.block_expression(table) + ", count(*), " + sums + ", " + newer +
                " FROM " + session.rows_of(table) + " GROUP BY 1";
  command.doing = "digest " + table.name;
  command.on_result = [&blocks](const pg::Result& result) {
    blocks.clear();
    for (int i = 0; i < result.size(); ++i) {
      const pg::Row row = result[i];
      blocks[row.text(0)] = {{row.integer(1), wrapped(row.text(2))}, row.boolean(3)};
    }
  };
  return command;
}

}  // namespace playmirror::sync
