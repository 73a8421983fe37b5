#pragma once

#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Finding rows that the server has deleted, by comparing keys block by block.
///
/// After the changed rows of a snapshot have been merged, the mirror holds every key of the server
/// in that snapshot, and perhaps some more. So equal counts mean equal sets, for the table as for
/// each block of it. Rows pending here are not the server's yet and are left out of every count.
namespace playmirror::ingest {

/// Rows per block of integer keys, as a power of two.
constexpr int kBlockBits = 12;

/// Characters of a text key that make its block.
constexpr int kBlockCharacters = 2;

/// Block name -> number of rows; integer blocks by number, text blocks by prefix, both as text.
using BlockCounts = std::map<std::string, std::int64_t, std::less<>>;

/// The block of a row by the first column of its key.
[[nodiscard]] constexpr std::int64_t block_of(std::int64_t key) noexcept {
  return key >> kBlockBits;
}
[[nodiscard]] std::string_view block_of(std::string_view key) noexcept;

/// SQL over the mirrored table: a row's block, and whether the row came from the server.
[[nodiscard]] std::string block_expression(const schema::TableLayout& table);
[[nodiscard]] std::string from_server(const schema::TableLayout& table);

/// A block's name as a person reads it: "12288 to 16383", or "4u..." for a prefix.
[[nodiscard]] std::string readable_block(const schema::TableLayout& table,
                                         const std::string& block);

/// How many rows of the table are ours and still pending.
[[nodiscard]] std::int64_t count_pending(const sqlite::Database& database,
                                         const schema::TableLayout& table);

/// How many rows the table has, pending ones included.
[[nodiscard]] std::int64_t count_all_rows(const sqlite::Database& database,
                                          const schema::TableLayout& table);

/// The greatest id in a table with an integer key, or the least integer: a row with a greater id is
/// not there.
[[nodiscard]] std::int64_t greatest_id(const sqlite::Database& database,
                                       const schema::TableLayout& table);

/// How many rows of the table came from the server.
[[nodiscard]] std::int64_t count_rows(const sqlite::Database& database,
                                      const schema::TableLayout& table);
[[nodiscard]] BlockCounts count_blocks(const sqlite::Database& database,
                                       const schema::TableLayout& table);

/// The keys the server has in some blocks, gathered in a temporary table of the connection. There
/// it stays until it is forgotten, or the next one is made. A destructor cannot do that: short of
/// memory, SQLite takes the whole transaction back, and whoever goes on must hear of it.
class ServerKeys {
 public:
  ServerKeys(sqlite::Database& database, const schema::TableLayout& table);
  ServerKeys(const ServerKeys&) = delete;
  ServerKeys& operator=(const ServerKeys&) = delete;

  void forget();

  /// Adds the keys of a RowBatch whose fields are the key columns, in key order.
  void add(std::string_view rows);

  /// Rows of these blocks that are here, came from the server, and are not among its keys.
  [[nodiscard]] std::int64_t count_gone(const std::vector<std::string>& blocks);

  /// Deletes them and returns how many. Their odd values go with them.
  std::int64_t delete_gone(const std::vector<std::string>& blocks);

  /// Of plays and snapshots, deletes only those that are here a second time, in a row that is not
  /// gone: the server has given them another id.
  std::int64_t delete_replaced(const std::vector<std::string>& blocks);

  /// Their keys, as text, at most `limit`.
  [[nodiscard]] std::vector<std::string> list_gone(const std::vector<std::string>& blocks,
                                                   std::int64_t limit);

 private:
  /// `name` is what the table is called where the condition stands.
  [[nodiscard]] std::string gone_condition(const std::string& name) const;
  [[nodiscard]] std::string gone_condition() const;
  std::int64_t delete_rows(const std::string& condition);
  void choose(const std::vector<std::string>& blocks);

  sqlite::Database& database_;
  const schema::TableLayout& table_;
  std::vector<schema::ColumnLayout> key_columns_;
};

}  // namespace playmirror::ingest
