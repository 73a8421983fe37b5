#include "core/digest/loaded_digests.hpp"

#include "core/digest/server_hash.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"

#include <algorithm>
#include <string_view>
#include <variant>

namespace playmirror::digest {

LoadedDigests::Table::Table(LoadedDigests& all, const schema::TableLayout& table,
                            const std::vector<schema::ColumnLayout>& columns, Part part)
    : blocks_(all.tables_[table.name]),
      rows_(all.rows_[table.name]),
      part_(part),
      integer_key_(table.has_integer_key()) {
  for (const std::string& column : table.key) {
    const auto found = std::ranges::find(columns, column, &schema::ColumnLayout::name);
    key_.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  for (std::size_t field = 0; field < columns.size(); ++field) {
    const bool known = part == Part::values && std::ranges::find(key_, field) != key_.end();
    if (!known) hashed_.push_back({field, column_seed(columns[field].name)});
  }
}

BlockDigest& LoadedDigests::Table::digest_of(const ingest::RowReader& row) {
  if (!integer_key_) {
    const std::string_view block =
        ingest::block_of(std::get<std::string_view>(row[key_.front()].value));
    const auto found = blocks_.find(block);
    return found != blocks_.end() ? found->second : blocks_[std::string(block)];
  }
  // Rows of one block mostly follow each other.
  const std::int64_t block = ingest::block_of(std::get<std::int64_t>(row[key_.front()].value));
  if (digest_ == nullptr || block != block_) {
    block_ = block;
    digest_ = &blocks_[std::to_string(block)];
  }
  return *digest_;
}

void LoadedDigests::Table::add(const ingest::RowReader& row) {
  // Who writes the row refuses it.
  if (std::ranges::any_of(key_, [&](std::size_t field) { return row.is_null(field); })) return;
  std::uint64_t key = 0;
  if (integer_key_) {
    key = static_cast<std::uint64_t>(std::get<std::int64_t>(row[key_.front()].value));
  } else {
    for (const std::size_t field : key_) {
      key = hash_text(std::get<std::string_view>(row[field].value), key);
    }
  }
  BlockDigest& digest = digest_of(row);
  for (const auto& [field, column] : hashed_) {
    const sqlite::Field& value = row[field].value;
    const std::uint64_t seed = key ^ column;
    if (const auto* text = std::get_if<std::string_view>(&value)) {
      digest.sum += hash_text(*text, seed);
    } else if (const auto* integer = std::get_if<std::int64_t>(&value)) {
      digest.sum += hash_integer(*integer, seed);
    } else if (const auto* real = std::get_if<double>(&value)) {
      digest.sum += hash_text(real_digits(*real), seed);
    }
  }
  if (part_ == Part::values) return;
  ++digest.rows;
  ++rows_;
}

std::int64_t LoadedDigests::rows(const std::string& table) const {
  const auto found = rows_.find(table);
  return found == rows_.end() ? 0 : found->second;
}

bool LoadedDigests::are_of(const sqlite::Database& database) const {
  if (database.query_int("SELECT EXISTS (SELECT 1 FROM playmirror_outbox)") != 0) return false;
  return std::ranges::all_of(schema::record_layouts(), [&](const schema::TableLayout& layout) {
    return rows(layout.name) ==
           database.query_int("SELECT count(*) FROM " + sqlite::quoted(layout.name));
  });
}

void LoadedDigests::store(sqlite::Database& database) const { keep_digests(database, tables_); }

}  // namespace playmirror::digest
