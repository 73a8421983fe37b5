#pragma once

#include "core/sqlite/change_watch.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <exception>
#include <map>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::digest {

/// Keeps playmirror_digests in step with the rows of the mirrored tables: notes what a transaction
/// writes, whoever writes it, and adds it up before it commits. So the digests say what playmirror
/// has written, and whatever else changes the file shows (stored_digests.hpp).
///
/// One for each writing connection, which must outlive it and must not move; so must its watch.
class Ledger final : public sqlite::ChangeListener {
 public:
  Ledger(sqlite::Database& database, sqlite::ChangeWatch& watch);
  Ledger(const Ledger&) = delete;
  Ledger& operator=(const Ledger&) = delete;

  /// Call under the writer lock, at the beginning of the transaction. While no digests are kept,
  /// nothing is noted, so that loading rows in bulk costs nothing.
  void begin();

  /// Call at the end of the transaction.
  void settle();

  void on_change(const sqlite::RowChange& change) noexcept override;

 private:
  enum class Storage : std::uint8_t { integer, real, text };
  struct Column {
    std::uint64_t seed = 0;
    Storage storage = Storage::text;
  };
  struct Change {
    std::int64_t rows = 0;
    std::uint64_t sum = 0;
  };
  /// The change that was noted last: rows next to each other lie in one block.
  struct Latest {
    std::int64_t block = 0;
    Change* change = nullptr;
  };
  struct Table {
    std::vector<Column> columns = {};  ///< as they lie in the file
    std::vector<int> key = {};
    bool integer_key = false;
    Latest before = {};  ///< of rows as they were
    Latest after = {};   ///< of rows as they are
  };
  struct Row;

  void read_tables();
  void note(const sqlite::RowChange& change);
  void count(const std::string& table, const Row& row, Latest& latest);

  sqlite::Database& database_;
  sqlite::ChangeWatch& watch_;
  std::int64_t kept_ = 0;             ///< which digests are kept; 0: none
  std::int64_t schema_version_ = -1;  ///< of which tables_ were read
  std::map<std::string, Table, std::less<>> tables_;
  std::map<std::pair<std::string, std::string>, Change> changes_;  ///< by table and block
  bool reshaped_ = false;       ///< a table has other columns than when the transaction began
  std::exception_ptr failure_;  ///< to note something
};

}  // namespace playmirror::digest
