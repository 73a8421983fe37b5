#include "core/ingest/key_blocks.hpp"

#include "core/ingest/row_reader.hpp"

#include <charconv>

namespace playmirror::ingest {
namespace {

/// True for rows of ours that are still pending, false for the server's. A pending track brings its
/// links along.
std::string is_pending(const schema::TableLayout& table) {
  const std::string owner = table.name == "track_artists" ? "tracks" : table.name;
  return sqlite::quoted(table.key.front()) + " IN (SELECT " +
         (table.has_integer_key() ? "row_id" : "identity") +
         " FROM playmirror_outbox WHERE table_name = '" + owner + "')";
}

}  // namespace

std::string from_server(const schema::TableLayout& table) {
  return "NOT (" + is_pending(table) + ")";
}

std::string_view block_of(std::string_view key) noexcept {
  // The first characters, as SQLite's substr() counts them, also in what is not UTF-8.
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(key[at]); };
  std::size_t end = 0;
  for (int characters = 0; characters < kBlockCharacters && end < key.size(); ++characters) {
    const bool has_more = byte(end++) >= 0xc0;
    while (has_more && end < key.size() && (byte(end) & 0xc0) == 0x80) ++end;
  }
  return key.substr(0, end);
}

std::string block_expression(const schema::TableLayout& table) {
  const std::string first = sqlite::quoted(table.key.front());
  if (table.has_integer_key()) return first + " >> " + std::to_string(kBlockBits);
  return "substr(" + first + ", 1, " + std::to_string(kBlockCharacters) + ")";
}

std::string readable_block(const schema::TableLayout& table, const std::string& block) {
  if (!table.has_integer_key()) return block + "...";
  std::int64_t number = 0;
  std::from_chars(block.data(), block.data() + block.size(), number);
  const std::int64_t first = number * (std::int64_t{1} << kBlockBits);
  return std::to_string(first) + " to " +
         std::to_string(first + (std::int64_t{1} << kBlockBits) - 1);
}

std::int64_t count_all_rows(const sqlite::Database& database, const schema::TableLayout& table) {
  return database.query_int("SELECT count(*) FROM " + sqlite::quoted(table.name));
}

std::int64_t greatest_id(const sqlite::Database& database, const schema::TableLayout& table) {
  return database.query_int("SELECT coalesce(max(" + sqlite::quoted(table.key.front()) +
                            "), -9223372036854775807 - 1) FROM " + sqlite::quoted(table.name));
}

std::int64_t count_pending(const sqlite::Database& database, const schema::TableLayout& table) {
  return database.query_int("SELECT count(*) FROM " + sqlite::quoted(table.name) + " WHERE " +
                            is_pending(table));
}

std::int64_t count_rows(const sqlite::Database& database, const schema::TableLayout& table) {
  // Counting the few pending rows apart keeps the plain count, which SQLite answers fastest.
  return count_all_rows(database, table) - count_pending(database, table);
}

BlockCounts count_blocks(const sqlite::Database& database, const schema::TableLayout& table) {
  auto rows =
      database.prepare("SELECT " + block_expression(table) + ", count(*) FROM " +
                       sqlite::quoted(table.name) + " WHERE " + from_server(table) + " GROUP BY 1");
  BlockCounts counts;
  while (rows.step()) counts.emplace(rows.text(0), rows.integer(1));
  return counts;
}

ServerKeys::ServerKeys(sqlite::Database& database, const schema::TableLayout& table)
    : database_(database), table_(table) {
  std::string columns;
  for (const std::string& column : table_.key) {
    const schema::ColumnLayout& layout = table_.columns[table_.find(column).value()];
    key_columns_.push_back(layout);
    columns += sqlite::quoted(column) + " " + std::string(schema::sqlite_type(layout.kind)) + ", ";
  }
  std::string key;
  for (const std::string& column : table_.key) {
    key += (key.empty() ? "" : ", ") + sqlite::quoted(column);
  }
  forget();
  database_.execute("CREATE TEMP TABLE playmirror_server_keys (" + columns + "PRIMARY KEY (" + key +
                    ")) WITHOUT ROWID");
  database_.execute("CREATE TEMP TABLE playmirror_blocks (block PRIMARY KEY) WITHOUT ROWID");
}

void ServerKeys::forget() {
  database_.execute("DROP TABLE IF EXISTS temp.playmirror_server_keys");
  database_.execute("DROP TABLE IF EXISTS temp.playmirror_blocks");
}

void ServerKeys::add(std::string_view rows) {
  auto insert = database_.prepare(
      key_columns_.size() == 1 ? "INSERT OR IGNORE INTO temp.playmirror_server_keys VALUES (?)"
                               : "INSERT OR IGNORE INTO temp.playmirror_server_keys VALUES (?, ?)");
  RowReader reader(rows, key_columns_);
  while (reader.next()) {
    for (std::size_t i = 0; i < key_columns_.size(); ++i) {
      const auto& value = reader[i].value;
      if (const auto* text = std::get_if<std::string_view>(&value)) {
        insert.bind_view(static_cast<int>(i), *text);
      } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
        insert.bind(static_cast<int>(i), *integer);
      }
    }
    insert.run();
  }
}

void ServerKeys::choose(const std::vector<std::string>& blocks) {
  database_.execute("DELETE FROM temp.playmirror_blocks");
  auto insert =
      database_.prepare(table_.has_integer_key() ? "INSERT INTO temp.playmirror_blocks "
                                                   "VALUES (CAST(? AS INTEGER))"
                                                 : "INSERT INTO temp.playmirror_blocks VALUES (?)");
  for (const std::string& block : blocks) insert.bind_all(block).run();
}

std::string ServerKeys::gone_condition() const {
  return gone_condition(sqlite::quoted(table_.name));
}

std::string ServerKeys::gone_condition(const std::string& name) const {
  std::string same;
  for (const std::string& column : table_.key) {
    const std::string quoted = sqlite::quoted(column);
    same += (same.empty() ? "" : " AND ") + ("k." + quoted + " = " + name + "." + quoted);
  }
  return block_expression(table_) + " IN (SELECT block FROM temp.playmirror_blocks) AND " +
         from_server(table_) +
         " AND NOT EXISTS (SELECT 1 FROM temp.playmirror_server_keys k WHERE " + same + ")";
}

std::int64_t ServerKeys::count_gone(const std::vector<std::string>& blocks) {
  choose(blocks);
  return database_.query_int("SELECT count(*) FROM " + sqlite::quoted(table_.name) + " WHERE " +
                             gone_condition());
}

std::vector<std::string> ServerKeys::list_gone(const std::vector<std::string>& blocks,
                                               std::int64_t limit) {
  choose(blocks);
  std::string key;
  for (const std::string& column : table_.key) {
    key += (key.empty() ? "" : " || char(31) || ") + sqlite::quoted(column);
  }
  auto rows = database_.prepare("SELECT " + key + " FROM " + sqlite::quoted(table_.name) +
                                " WHERE " + gone_condition() + " LIMIT ?");
  rows.bind(0, limit);
  std::vector<std::string> keys;
  while (rows.step()) keys.emplace_back(rows.text(0));
  return keys;
}

std::int64_t ServerKeys::delete_gone(const std::vector<std::string>& blocks) {
  choose(blocks);
  return delete_rows(gone_condition());
}

std::int64_t ServerKeys::delete_replaced(const std::vector<std::string>& blocks) {
  const std::string here = sqlite::quoted(table_.name);
  std::string same;
  if (table_.name == "play_history") {
    same = "t.track_id = " + here + ".track_id AND t.played_at = " + here + ".played_at";
  } else if (table_.name == "analysis_snapshots") {
    same = "t.date = " + here + ".date AND t.period_label IS " + here + ".period_label";
  } else {
    return 0;  // a key says it all
  }
  choose(blocks);
  return delete_rows(gone_condition() + " AND EXISTS (SELECT 1 FROM " + here + " AS t WHERE " +
                     same + " AND NOT (" + gone_condition("t") + "))");
}

std::int64_t ServerKeys::delete_rows(const std::string& condition) {
  database_.execute("DELETE FROM " + sqlite::quoted(table_.name) + " WHERE " + condition);
  const std::int64_t deleted = database_.changes();
  // Odd values are few and belong to tables with a single key column.
  if (table_.key.size() == 1) {
    const std::string key = sqlite::quoted(table_.key.front());
    database_
        .prepare(
            "DELETE FROM playmirror_odd_values AS o WHERE table_name = ? AND NOT EXISTS "
            "(SELECT 1 FROM " +
            sqlite::quoted(table_.name) + " t WHERE t." + key +
            (table_.has_integer_key() ? " = CAST(o.row_key AS INTEGER))" : " = o.row_key)"))
        .bind_all(table_.name)
        .run();
  }
  return deleted;
}

}  // namespace playmirror::ingest
