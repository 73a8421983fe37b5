#include "core/columns/renumbering.hpp"

#include "core/columns/block_store.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace playmirror::columns {
namespace {

/// With fewer of its plays renumbered, to note them one by one costs less than to write a block.
constexpr std::size_t kWorthABlock = 256;

/// One block with the new ids.
class Renumbering {
 public:
  Renumbering(sqlite::Database& database, const BlockInfo& block)
      : database_(database),
        block_{block},
        ids_(decode_ids(read_column(database, block.block, ColumnNumber::id), block.plays)) {}

  /// The plays of the block that are among these and have not been removed from it.
  std::vector<std::int64_t> find(const RenumberedPlays& plays) {
    std::vector<std::int64_t> found;
    const std::unordered_set<std::int64_t> removed = removed_rows();
    // Most plays of a block came from the server, and their ids lie elsewhere.
    std::int64_t least = std::numeric_limits<std::int64_t>::max();
    std::int64_t greatest = std::numeric_limits<std::int64_t>::min();
    for (const auto& [from, to] : plays) {
      least = std::min(least, from);
      greatest = std::max(greatest, from);
    }
    for (std::size_t row = 0; row < ids_.size(); ++row) {
      if (ids_[row] < least || ids_[row] > greatest) continue;
      const auto play = plays.find(ids_[row]);
      if (play == plays.end() || removed.contains(static_cast<std::int64_t>(row))) continue;
      found.push_back(play->first);
      ids_[row] = play->second;
    }
    return found;
  }

  /// False when the plays have another order under their new ids.
  [[nodiscard]] bool keeps_order() {
    const auto times = decode_times(
        read_column(database_, block_.info.block, ColumnNumber::played_at), block_.info.plays);
    const auto key = [&](std::size_t row) { return PlayKey{times[row], ids_[row]}; };
    for (std::size_t row = 1; row < ids_.size(); ++row) {
      if (!(key(row - 1) < key(row))) return false;
    }
    block_.info.first = key(0);
    block_.info.last = key(ids_.size() - 1);
    const auto [least, greatest] = std::ranges::minmax(ids_);
    block_.info.least_id = least;
    block_.info.greatest_id = greatest;
    return true;
  }

  /// The block's line as it will be.
  [[nodiscard]] const BlockInfo& info() const { return block_.info; }

  BlockInfo write() {
    for (std::size_t number = 0; number < kColumnCount; ++number) {
      const auto column = static_cast<ColumnNumber>(number);
      block_.columns[number] = column == ColumnNumber::id
                                   ? encode_ids(ids_)
                                   : read_column(database_, block_.info.block, column);
    }
    return replace_block(database_, block_);
  }

 private:
  [[nodiscard]] std::unordered_set<std::int64_t> removed_rows() const {
    const auto row = database_.kept("SELECT row FROM playmirror_removed WHERE block = ?");
    row->bind(0, block_.info.block);
    std::unordered_set<std::int64_t> rows;
    while (row->step()) rows.insert(row->integer(0));
    return rows;
  }

  sqlite::Database& database_;
  EncodedBlock block_;
  std::vector<std::int64_t> ids_;
};

/// Whether a block in this place lies between its neighbours. Late blocks follow each other alike.
bool fits(const std::vector<BlockInfo>& blocks, std::size_t place, const BlockInfo& block) {
  const auto is_neighbour = [&](const BlockInfo& other) { return other.late == block.late; };
  if (place > 0 && is_neighbour(blocks[place - 1]) && !(blocks[place - 1].last < block.first)) {
    return false;
  }
  return place + 1 == blocks.size() || !is_neighbour(blocks[place + 1]) ||
         block.last < blocks[place + 1].first;
}

/// Which of these plays there are, in order.
std::vector<std::int64_t> existing(const sqlite::Database& database,
                                   std::vector<std::int64_t> ids) {
  std::ranges::sort(ids);
  const auto rows =
      database.kept("SELECT id FROM play_history WHERE id BETWEEN ? AND ? ORDER BY id");
  std::vector<std::int64_t> found;
  for (std::size_t begin = 0, end = 0; begin < ids.size(); begin = end) {
    for (end = begin + 1; end < ids.size() && ids[end] - 1 <= ids[end - 1];) ++end;
    rows->bind_all(ids[begin], ids[end - 1]);
    while (rows->step()) found.push_back(rows->integer(0));
    rows->reset();
  }
  return found;
}

/// Leaves those out whose statement has failed after all.
RenumberedPlays really_renumbered(const sqlite::Database& database, const RenumberedPlays& plays) {
  std::vector<std::int64_t> before;
  std::vector<std::int64_t> after;
  for (const auto& [from, to] : plays) {
    before.push_back(from);
    after.push_back(to);
  }
  const std::vector<std::int64_t> left = existing(database, std::move(before));
  const std::vector<std::int64_t> come = existing(database, std::move(after));
  RenumberedPlays really;
  for (const auto& [from, to] : plays) {
    if (std::ranges::binary_search(come, to) && !std::ranges::binary_search(left, from)) {
      really.emplace(from, to);
    }
  }
  return really;
}

}  // namespace

bool renumber_in_blocks(sqlite::Database& database, RenumberedPlays& plays) {
  if (plays.size() < kWorthABlock) return false;
  RenumberedPlays left = really_renumbered(database, plays);
  bool done = false;
  std::vector<BlockInfo> blocks = read_blocks(database);
  for (std::size_t place = 0; place < blocks.size(); ++place) {
    const BlockInfo& block = blocks[place];
    const auto possible = std::ranges::count_if(left, [&](const auto& play) {
      return play.first >= block.least_id && play.first <= block.greatest_id;
    });
    if (static_cast<std::size_t>(possible) < kWorthABlock) continue;
    Renumbering renumbering(database, block);
    const std::vector<std::int64_t> found = renumbering.find(left);
    if (found.size() < kWorthABlock || !renumbering.keeps_order() ||
        !fits(blocks, place, renumbering.info())) {
      continue;
    }
    blocks[place] = renumbering.write();
    done = true;
    for (const std::int64_t id : found) {
      left.erase(id);
      plays.erase(id);
    }
  }
  return done;
}

}  // namespace playmirror::columns
