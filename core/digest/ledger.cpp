#include "core/digest/ledger.hpp"

#include "core/digest/block_digests.hpp"
#include "core/digest/server_hash.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/schema/layout.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <sqlite3.h>

namespace playmirror::digest {
/// One row, before the change or after it.
struct Ledger::Row {
  const sqlite::RowChange& change;
  const Table& table;
  bool is_after;

  [[nodiscard]] std::int64_t integer_block() const {
    return ingest::block_of(sqlite3_value_int64(value(table.key.front())));
  }

  [[nodiscard]] sqlite3_value* value(int column) const {
    return is_after ? change.after(column) : change.before(column);
  }

  [[nodiscard]] std::string block() const {
    if (table.integer_key) return std::to_string(integer_block());
    return std::string(ingest::block_of(sqlite::text_of(value(table.key.front()))));
  }

  [[nodiscard]] std::uint64_t hash() const {
    std::uint64_t seed = 0;
    if (table.integer_key)
      seed = static_cast<std::uint64_t>(sqlite3_value_int64(value(table.key.front())));
    if (!table.integer_key) {
      for (const int column : table.key) seed = hash_text(sqlite::text_of(value(column)), seed);
    }
    std::uint64_t sum = 0;
    for (std::size_t i = 0; i < table.columns.size(); ++i) {
      sqlite3_value* cell = value(static_cast<int>(i));
      if (sqlite3_value_type(cell) == SQLITE_NULL) continue;
      const std::uint64_t column_seed = seed ^ table.columns[i].seed;
      switch (table.columns[i].storage) {
        case Storage::integer:
          sum += hash_integer(sqlite3_value_int64(cell), column_seed);
          break;
        case Storage::real:
          sum += hash_text(real_digits(sqlite3_value_double(cell)), column_seed);
          break;
        case Storage::text:
          sum += hash_text(sqlite::text_of(cell), column_seed);
          break;
      }
    }
    return sum;
  }
};

Ledger::Ledger(sqlite::Database& database, sqlite::ChangeWatch& watch)
    : database_(database), watch_(watch) {}

void Ledger::begin() {
  changes_.clear();
  for (auto& [name, table] : tables_) table.before = table.after = {};
  failure_ = nullptr;
  reshaped_ = false;
  kept_ = kept_digests(database_);
  watch_.tell(*this, kept_ != 0);
  if (kept_ == 0) return;
  const std::int64_t version = database_.kept_int("PRAGMA schema_version");
  if (version == schema_version_) return;
  read_tables();
  schema_version_ = version;
}

void Ledger::read_tables() {
  tables_.clear();
  for (const schema::TableLayout& layout : digested_tables()) {
    Table& table = tables_[layout.name];
    auto columns = database_.prepare("SELECT name, type FROM pragma_table_info(?) ORDER BY cid");
    columns.bind(0, layout.name);
    std::vector<std::string> names;
    while (columns.step()) {
      const auto type = columns.text(1);
      names.emplace_back(columns.text(0));
      table.columns.push_back({column_seed(names.back()), type == "INTEGER" ? Storage::integer
                                                          : type == "REAL"  ? Storage::real
                                                                            : Storage::text});
    }
    for (const std::string& column : layout.key) {
      const auto found = std::find(names.begin(), names.end(), column);
      table.key.push_back(static_cast<int>(found - names.begin()));
    }
    table.integer_key = layout.has_integer_key();
  }
}

void Ledger::on_change(const sqlite::RowChange& change) noexcept {
  if (failure_) return;
  // No exception may cross SQLite's frames: it is thrown when the transaction settles.
  try {
    note(change);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Ledger::note(const sqlite::RowChange& change) {
  const auto table = tables_.find(change.table);
  if (table == tables_.end()) return;
  // A migration rewrites the rows in another shape, and gives the digests up.
  const auto shape = static_cast<std::size_t>(change.columns());
  if (shape != table->second.columns.size()) {
    reshaped_ = true;
    return;
  }
  auto& [name, columns] = *table;
  if (change.kind != sqlite::RowChange::Kind::inserted) {
    count(name, {change, columns, false}, columns.before);
  }
  if (change.kind != sqlite::RowChange::Kind::deleted) {
    count(name, {change, columns, true}, columns.after);
  }
}

void Ledger::count(const std::string& table, const Row& row, Latest& latest) {
  Change* change = nullptr;
  if (row.table.integer_key && latest.change != nullptr && latest.block == row.integer_block()) {
    change = latest.change;
  } else {
    change = &changes_[{table, row.block()}];
    latest = {row.table.integer_key ? row.integer_block() : 0, change};
  }
  change->rows += row.is_after ? 1 : -1;
  change->sum += row.is_after ? row.hash() : 0 - row.hash();
}

void Ledger::settle() {
  if (failure_) std::rethrow_exception(failure_);
  // The transaction itself may have given the digests up, or made them anew.
  if (kept_ != 0 && kept_digests(database_) == kept_) {
    if (reshaped_) raise(ErrorCode::internal, "a table was rewritten and its digests were kept");
    for (const auto& [block, change] : changes_) {
      if (change.rows == 0 && change.sum == 0) continue;
      add_to_digest(database_, block.first, block.second, {change.rows, change.sum});
    }
  }
  kept_ = 0;
}

}  // namespace playmirror::digest
