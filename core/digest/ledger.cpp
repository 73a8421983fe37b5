// sqlite3_preupdate_hook() is declared only for those who ask; CMake has seen that it is there.
#define SQLITE_ENABLE_PREUPDATE_HOOK

#include "core/digest/ledger.hpp"

#include "core/digest/block_digests.hpp"
#include "core/digest/server_hash.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/schema/layout.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <new>
#include <sqlite3.h>

namespace playmirror::digest {
namespace {

/// The bytes of a text, without the copy that a terminated one can take.
std::string_view text_of(sqlite3_value* value) {
  const auto* bytes = static_cast<const char*>(sqlite3_value_blob(value));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_value_bytes(value))};
}

}  // namespace

/// One row as the hook shows it, before the change or after it.
struct Ledger::Hook {
  sqlite3* handle;
  const Table& table;
  bool after;

  [[nodiscard]] sqlite3_value* value(int column) const {
    sqlite3_value* found = nullptr;
    const int result = after ? sqlite3_preupdate_new(handle, column, &found)
                             : sqlite3_preupdate_old(handle, column, &found);
    if (result == SQLITE_NOMEM) throw std::bad_alloc();
    if (result != SQLITE_OK) raise(ErrorCode::internal, "SQLite does not show a changed row");
    return found;
  }

  [[nodiscard]] std::string block() const {
    sqlite3_value* first = value(table.key.front());
    if (table.integer_key) return std::to_string(ingest::block_of(sqlite3_value_int64(first)));
    return std::string(ingest::block_of(text_of(first)));
  }

  [[nodiscard]] std::uint64_t hash() const {
    std::uint64_t seed = 0;
    if (table.integer_key)
      seed = static_cast<std::uint64_t>(sqlite3_value_int64(value(table.key.front())));
    if (!table.integer_key) {
      for (const int column : table.key) seed = hash_text(text_of(value(column)), seed);
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
          sum += hash_text(text_of(cell), column_seed);
          break;
      }
    }
    return sum;
  }
};

Ledger::Ledger(sqlite::Database& database) : database_(database) {}

Ledger::~Ledger() { watch(false); }

void Ledger::watch(bool watched) {
  const auto hook = [](void* self, sqlite3* handle, int operation, const char* schema,
                       const char* table, sqlite3_int64, sqlite3_int64) {
    if (std::string_view(schema) == "main") {
      static_cast<Ledger*>(self)->note(handle, operation, table);
    }
  };
  sqlite3_preupdate_hook(database_.handle(), watched ? +hook : nullptr, this);
}

void Ledger::begin() {
  changes_.clear();
  failure_ = nullptr;
  reshaped_ = false;
  kept_ = kept_digests(database_);
  watch(kept_ != 0);
  if (kept_ == 0) return;
  const std::int64_t version = database_.query_int("PRAGMA schema_version");
  if (version == schema_version_) return;
  read_tables();
  schema_version_ = version;
}

void Ledger::read_tables() {
  tables_.clear();
  for (const schema::TableLayout& layout : schema::record_layouts()) {
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

void Ledger::note(sqlite3* handle, int operation, std::string_view name) {
  if (failure_) return;
  const auto table = tables_.find(name);
  if (table == tables_.end()) return;
  // A migration rewrites the rows in another shape, and gives the digests up.
  const auto shape = static_cast<std::size_t>(sqlite3_preupdate_count(handle));
  if (shape != table->second.columns.size()) {
    reshaped_ = true;
    return;
  }
  // No exception may cross SQLite's frames: it is thrown when the transaction settles.
  try {
    const auto count = [&](bool after) {
      const Hook row{handle, table->second, after};
      Change& change = changes_[{table->first, row.block()}];
      change.rows += after ? 1 : -1;
      change.sum += after ? row.hash() : 0 - row.hash();
    };
    if (operation != SQLITE_INSERT) count(false);
    if (operation != SQLITE_DELETE) count(true);
  } catch (...) {
    failure_ = std::current_exception();
  }
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
