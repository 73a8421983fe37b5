#pragma once

#include "core/columns/column_codec.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

/// The tables that hold plays as columns. Every function works inside the caller's transaction;
/// docs/columns.md tells how the tables belong together.
namespace playmirror::columns {

/// Plays per block: few enough that one is decoded in a fraction of a millisecond, enough that what
/// is kept per block costs nothing.
inline constexpr std::size_t kBlockPlays = 65'536;

/// A block's line in playmirror_blocks.
struct BlockInfo {
  std::int64_t block = 0;
  bool late = false;
  std::size_t plays = 0;
  PlayKey first = {};
  PlayKey last = {};
  std::int64_t least_id = 0;
  std::int64_t greatest_id = 0;
};

/// A play of a block that counts no more.
struct RemovedPlay {
  std::uint32_t row = 0;
  std::int64_t played_at = 0;
  std::uint32_t track = kNone;
};

/// Where the columns stand; see playmirror_meta.
struct ColumnState {
  bool built = false;
  std::int64_t plays = 0;
  std::int64_t tracks = 0;
  std::int64_t artists = 0;
  std::int64_t texts = 0;
  std::int64_t catalogue = 0;
};
[[nodiscard]] ColumnState read_column_state(const sqlite::Database& database);
void write_column_state(sqlite::Database& database, const ColumnState& state);

/// In order of their plays, the run of late plays last.
[[nodiscard]] std::vector<BlockInfo> read_blocks(const sqlite::Database& database);

/// The bytes of one column; throws `damaged` when they are missing.
[[nodiscard]] std::string read_column(const sqlite::Database& database, std::int64_t block,
                                      ColumnNumber column);

/// A whole block. `codes` is one more than the largest code of each dictionary.
struct CodeLimits {
  std::uint64_t tracks = 1;
  std::uint64_t sources = 1;
  std::uint64_t contexts = 1;
};
[[nodiscard]] CodeLimits read_code_limits(const sqlite::Database& database);
[[nodiscard]] PlayArrays read_block(const sqlite::Database& database, const BlockInfo& block,
                                    const CodeLimits& codes);

/// A block as bytes, which is most of the work of writing one and needs no database. The numbers of
/// block and columns are given when it is written.
struct EncodedBlock {
  BlockInfo info = {};
  std::array<std::string, kColumnCount> columns = {};  ///< by ColumnNumber
};
[[nodiscard]] EncodedBlock encode_block(const PlayArrays& plays, bool late);

/// Writes a new block.
BlockInfo write_block(sqlite::Database& database, const EncodedBlock& block);

/// Writes a block in the place of the one whose number it has, with the same plays in the same
/// rows.
BlockInfo replace_block(sqlite::Database& database, const EncodedBlock& block);

/// Deletes the block, its columns and what is noted of its plays.
void delete_block(sqlite::Database& database, std::int64_t block);

/// By block, in order of row.
using RemovedPlays = std::map<std::int64_t, std::vector<RemovedPlay>>;
[[nodiscard]] RemovedPlays read_removed(const sqlite::Database& database);

/// Plays per track code over all blocks but the late run, those since removed included.
[[nodiscard]] std::vector<std::uint32_t> read_totals(const sqlite::Database& database,
                                                     const CodeLimits& codes);
void write_totals(sqlite::Database& database, const std::vector<std::uint32_t>& totals);

}  // namespace playmirror::columns
