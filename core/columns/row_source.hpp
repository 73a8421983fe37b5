#pragma once

#include "core/columns/code_book.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace playmirror::columns {

/// Reads every play of `play_history` in order of (played_at, id), in codes of the book; ids and
/// texts that the book lacks get new codes.
class PlayReader {
 public:
  PlayReader(sqlite::Database& database, CodeBook& book);

  /// The next play; false at the end. Throws `damaged` for a time that is none.
  bool next(PlayRow& play);

 private:
  CodeBook& book_;
  sqlite::Statement timed_;
  sqlite::Statement timeless_;
  bool timed_done_ = false;
};

/// Reads plays by rising ids, in the codes of the file; what they name and has no code gets one.
class PlayWalk {
 public:
  PlayWalk(const sqlite::Database& database, CodeUpdater& codes);

  /// Nothing when there is no such play. Throws `damaged` for a time that is none.
  [[nodiscard]] std::optional<PlayRow> read(std::int64_t id);

 private:
  CodeUpdater& codes_;
  sqlite::KeptStatement row_;
  std::optional<std::int64_t> at_;  ///< the id of the row where it stands
};

/// Whether a play is noted as being in no block.
[[nodiscard]] bool any_unsealed(const sqlite::Database& database);

/// The plays so noted, in the codes of the file and in no order. Throws `damaged` when one has no
/// code.
[[nodiscard]] std::vector<PlayRow> read_unsealed(const sqlite::Database& database);

/// In order of (played_at, id).
[[nodiscard]] PlayArrays in_order(std::vector<PlayRow> plays);

/// The instant behind the text of a timestamp column, as play_batch.hpp describes it. Throws
/// `damaged`, naming the row, for text that PostgreSQL would not have printed.
[[nodiscard]] std::int64_t instant_of(const sqlite::Statement& row, int column, std::int64_t id);

/// The same for microseconds since 2000-01-01T00:00:00Z, as PostgreSQL counts them.
[[nodiscard]] std::int64_t instant_of(std::int64_t postgres_micros) noexcept;

}  // namespace playmirror::columns
