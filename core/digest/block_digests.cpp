#include "core/digest/block_digests.hpp"

#include "core/digest/server_hash.hpp"
#include "core/ingest/key_blocks.hpp"

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstddef>
#include <unordered_map>
#include <utility>

namespace playmirror::digest {
namespace {

using Columns = std::vector<schema::ColumnLayout>;

/// Rows between two looks at the caller: well under a millisecond.
constexpr std::int64_t kRowsPerLook = 64;

bool is_real(schema::ValueKind kind) {
  return kind == schema::ValueKind::real32 || kind == schema::ValueKind::real64;
}

/// Key of a row -> column and odd value of it.
using OddValues = std::unordered_map<std::string, std::vector<std::pair<std::string, std::string>>>;

OddValues read_odd_values(const sqlite::Database& database, const std::string& table) {
  auto rows = database.prepare(
      "SELECT row_key, column_name, value FROM playmirror_odd_values WHERE table_name = ?");
  rows.bind(0, table);
  OddValues odd;
  while (rows.step()) {
    odd[std::string(rows.text(0))].emplace_back(rows.text(1), rows.text(2));
  }
  return odd;
}

/// The hashes of the values of one row after the other.
class RowHasher {
 public:
  /// The statement's first field is the block; then come the key's columns, then all others.
  RowHasher(const sqlite::Statement& row, const schema::TableLayout& table, const Columns& columns,
            OddValues odd)
      : row_(row), table_(table), columns_(columns), odd_(std::move(odd)) {
    for (const schema::ColumnLayout& column : columns) seeds_.push_back(column_seed(column.name));
  }

  [[nodiscard]] std::uint64_t hash() const {
    const std::uint64_t key = key_seed();
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      const int field = static_cast<int>(1 + table_.key.size() + i);
      if (!row_.is_null(field)) sum += hash_field(field, columns_[i].kind, key ^ seeds_[i]);
    }
    if (!odd_.empty()) sum += odd_part(key);
    return sum;
  }

 private:
  [[nodiscard]] std::uint64_t key_seed() const {
    if (table_.has_integer_key()) return static_cast<std::uint64_t>(row_.integer(1));
    std::uint64_t seed = 0;
    for (std::size_t i = 0; i < table_.key.size(); ++i) {
      seed = hash_text(row_.text(static_cast<int>(1 + i)), seed);
    }
    return seed;
  }

  [[nodiscard]] std::uint64_t hash_field(int field, schema::ValueKind kind,
                                         std::uint64_t seed) const {
    if (kind == schema::ValueKind::integer || kind == schema::ValueKind::boolean) {
      return hash_integer(row_.integer(field), seed);
    }
    if (is_real(kind)) return hash_text(real_digits(row_.real(field)), seed);
    return hash_text(row_.text(field), seed);
  }

  /// What the odd values of this row add, where their columns hold what stands in for them.
  [[nodiscard]] std::uint64_t odd_part(std::uint64_t key) const {
    std::string row_key;
    for (std::size_t i = 0; i < table_.key.size(); ++i) {
      row_key += (i == 0 ? "" : "\x1f") + std::string(row_.text(static_cast<int>(1 + i)));
    }
    const auto found = odd_.find(row_key);
    if (found == odd_.end()) return 0;
    std::uint64_t sum = 0;
    for (const auto& [name, value] : found->second) {
      const auto column = std::ranges::find(columns_, name, &schema::ColumnLayout::name);
      if (column == columns_.end()) continue;
      const auto i = static_cast<std::size_t>(column - columns_.begin());
      const std::uint64_t seed = key ^ seeds_[i];
      if (value != "NaN")
        sum += hash_text(real_digits(-0.0), seed) - hash_text(real_digits(0), seed);
      if (value == "NaN") sum += hash_text(value, seed);
    }
    return sum;
  }

  const sqlite::Statement& row_;
  const schema::TableLayout& table_;
  const Columns& columns_;
  OddValues odd_;
  std::vector<std::uint64_t> seeds_;
};

}  // namespace

std::uint64_t column_seed(std::string_view column) noexcept { return hash_text(column, 0); }

std::string real_digits(double value) {
  if (std::isnan(value)) return "NaN";
  auto bits = std::bit_cast<std::uint64_t>(value);
  std::string digits(16, '0');
  for (auto digit = digits.rbegin(); digit != digits.rend(); ++digit, bits >>= 4) {
    *digit = "0123456789abcdef"[bits & 15];
  }
  return digits;
}

BlockDigests digest_blocks(sqlite::Database& database, const schema::TableLayout& table,
                           const Columns& columns, Rows which, CallWatch& watch) {
  std::string list = ingest::block_expression(table);
  for (const std::string& column : table.key) list += ", " + sqlite::quoted(column);
  for (const schema::ColumnLayout& column : columns) list += ", " + sqlite::quoted(column.name);
  // Of the rows themselves: an index that has all columns may hold what a damaged row does not. A
  // table without rowid, whose key has several columns, is read in its own order by no index.
  std::string sql = "SELECT " + list + " FROM " + sqlite::quoted(table.name) + " NOT INDEXED";
  if (which == Rows::from_server) sql += " WHERE " + ingest::from_server(table);
  if (table.key.size() > 1) {
    std::string order;
    for (const std::string& column : table.key) {
      order += (order.empty() ? " ORDER BY " : ", ") + sqlite::quoted(column);
    }
    sql += order;
  }
  auto rows = database.prepare(sql);
  const RowHasher hasher(rows, table, columns,
                         which == Rows::all ? OddValues() : read_odd_values(database, table.name));
  BlockDigests digests;
  auto block = digests.end();
  std::int64_t count = 0;
  while (rows.step()) {
    // Rows of one block mostly follow each other.
    const std::string_view name = rows.text(0);
    if (block == digests.end() || block->first != name) {
      block = digests.try_emplace(std::string(name)).first;
    }
    ++block->second.rows;
    block->second.sum += hasher.hash();
    if (++count % kRowsPerLook == 0) watch.tick();
  }
  return digests;
}

}  // namespace playmirror::digest
