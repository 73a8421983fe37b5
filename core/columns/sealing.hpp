#pragma once

#include "core/columns/block_store.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <utility>
#include <vector>

/// Moving plays into blocks. docs/columns.md tells the whole of it.
namespace playmirror::columns {

/// Plays outside the blocks above which they are sealed: reading them costs a look at each row, and
/// sealing them the writing of a block.
inline constexpr std::size_t kMostUnsealed = 512;

/// Late plays, and removed ones, above which the blocks they belong to are written anew.
inline constexpr std::size_t kMostLate = 32'768;
inline constexpr std::size_t kMostRemoved = 8'192;

/// Moves all unsealed plays, and `fresh` ones that are not noted as such, into blocks: those behind
/// the last closed block into the open ones at the end, earlier ones into the run of late plays.
/// When that, or the list of removed plays, has grown large, the blocks concerned are written anew.
/// Inside the caller's transaction.
void seal(sqlite::Database& database, const std::vector<PlayRow>& fresh = {});

/// A play without a time, or at infinity, sorts behind all that will ever come: such plays have
/// blocks of their own, or else every new play would be a late one.
[[nodiscard]] constexpr bool is_open_ended(const PlayKey& key) noexcept {
  return key.played_at >= kInfinity;
}

/// Takes plays in order of (played_at, id) and makes blocks of them: for building all anew.
class BlockBuilder {
 public:
  using Use = std::function<void(EncodedBlock&&)>;

  /// `use` is given each block when it is full.
  explicit BlockBuilder(Use use) : use_(std::move(use)) {}
  void add(const PlayRow& play);

  /// Ends the last block. Returns plays per track code, of `track_codes` codes.
  [[nodiscard]] std::vector<std::uint32_t> finish(std::size_t track_codes);

 private:
  void flush();

  Use use_;
  PlayArrays plays_ = {};
  std::vector<std::uint32_t> totals_ = {};
};

}  // namespace playmirror::columns
