#pragma once

#include "core/columns/block_store.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"

#include <cstddef>

/// Moving plays into blocks. docs/columns.md tells the whole of it.
namespace playmirror::columns {

/// Plays outside the blocks above which they are sealed: reading them costs a look at each row, and
/// sealing them the writing of a block.
inline constexpr std::size_t kMostUnsealed = 512;

/// Late plays, and removed ones, above which the blocks they belong to are written anew.
inline constexpr std::size_t kMostLate = 32'768;
inline constexpr std::size_t kMostRemoved = 8'192;

/// Moves all unsealed plays into blocks: those behind the last full block into the open one at the
/// end, earlier ones into the run of late plays. When that, or the list of removed plays, has grown
/// large, the blocks concerned are written anew. Inside the caller's transaction.
void seal(sqlite::Database& database);

/// Takes plays in order of (played_at, id) and writes them as blocks: for building all anew.
class BlockWriter {
 public:
  explicit BlockWriter(sqlite::Database& database) : database_(database) {}
  void add(const PlayRow& play);

  /// Writes what is left, and the totals of `track_codes` codes.
  void finish(std::size_t track_codes);

 private:
  void flush();

  sqlite::Database& database_;
  PlayArrays plays_ = {};
  std::vector<std::uint32_t> totals_ = {};
};

}  // namespace playmirror::columns
