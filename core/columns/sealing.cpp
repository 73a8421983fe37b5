#include "core/columns/sealing.hpp"

#include "core/columns/row_source.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace playmirror::columns {
namespace {

constexpr PlayKey kBeforeAll{kNegativeInfinity, std::numeric_limits<std::int64_t>::min()};

PlayArrays part_of(const PlayArrays& plays, std::size_t begin, std::size_t end) {
  PlayArrays part;
  part.reserve(end - begin);
  part.add(plays, begin, end);
  return part;
}

/// Of the rows from `begin` on, the first with a key above this one.
std::size_t first_behind(const PlayArrays& plays, std::size_t begin, const PlayKey& key) {
  std::size_t low = begin;
  std::size_t high = plays.size();
  while (low < high) {
    const std::size_t middle = (low + high) / 2;
    if (plays.key(middle) <= key) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

PlayArrays merged(const PlayArrays& left, const PlayArrays& right) {
  PlayArrays all;
  all.reserve(left.size() + right.size());
  std::size_t l = 0;
  std::size_t r = 0;
  // By stretches, since one mostly begins where the other ends.
  while (l < left.size() && r < right.size()) {
    const std::size_t l_end = first_behind(left, l, right.key(r));
    all.add(left, l, l_end);
    l = l_end;
    if (l == left.size()) break;
    const std::size_t r_end = first_behind(right, r, left.key(l));
    all.add(right, r, r_end);
    r = r_end;
  }
  all.add(left, l, left.size());
  all.add(right, r, right.size());
  return all;
}

/// How many plays have a key up to this one.
std::size_t up_to(const PlayArrays& plays, const PlayKey& key) {
  return first_behind(plays, 0, key);
}

/// The blocks of the file under change, with the totals that go along.
class Sealer {
 public:
  explicit Sealer(sqlite::Database& database)
      : database_(database),
        codes_(read_code_limits(database)),
        totals_(read_totals(database, codes_)),
        removed_(read_removed(database)) {
    for (BlockInfo& block : read_blocks(database)) {
      (block.late ? late_ : sorted_).push_back(std::move(block));
    }
  }

  void add(const PlayArrays& plays) {
    const std::size_t open_ended = up_to(plays, {kInfinity, kBeforeAll.id});
    PlayArrays late;
    append(part_of(plays, 0, open_ended), false, late);
    append(part_of(plays, open_ended, plays.size()), true, late);
    if (late.size() > 0) add_late(std::move(late));
  }

  void compact_if_large() {
    std::size_t late = 0;
    for (const BlockInfo& block : late_) late += block.plays;
    std::size_t removed = 0;
    for (const auto& [block, rows] : removed_) removed += rows.size();
    if (late > kMostLate || removed > kMostRemoved) compact();
  }

  void finish() { write_totals(database_, totals_); }

 private:
  /// The plays of a block that still count; the block itself is gone afterwards.
  PlayArrays take(const BlockInfo& block) {
    const PlayArrays plays = read_block(database_, block, codes_);
    if (!block.late) {
      for (const std::uint32_t track : plays.track) --totals_[track];
    }
    PlayArrays kept;
    kept.reserve(plays.size());
    std::size_t begin = 0;
    for (const RemovedPlay& removed : removed_[block.block]) {
      if (removed.row < begin || removed.row >= plays.size()) {
        refuse_damaged("a removed play of block " + std::to_string(block.block) + " is none");
      }
      kept.add(plays, begin, removed.row);
      begin = removed.row + std::size_t{1};
    }
    kept.add(plays, begin, plays.size());
    removed_.erase(block.block);
    delete_block(database_, block.block);
    return kept;
  }

  /// Writes plays as blocks of at most `size`, in the place of the sorted blocks [begin, end).
  void replace(std::size_t begin, std::size_t end, const PlayArrays& plays, std::size_t size) {
    std::vector<BlockInfo> written;
    for (std::size_t row = 0; row < plays.size(); row += size) {
      const PlayArrays part = part_of(plays, row, std::min(row + size, plays.size()));
      for (const std::uint32_t track : part.track) ++totals_[track];
      written.push_back(write_block(database_, encode_block(part, false)));
    }
    const auto first = sorted_.begin() + static_cast<std::ptrdiff_t>(begin);
    const auto place = sorted_.erase(first, sorted_.begin() + static_cast<std::ptrdiff_t>(end));
    sorted_.insert(place, written.begin(), written.end());
  }

  /// Puts plays behind the last closed block of their class; earlier ones go to `late`.
  void append(const PlayArrays& plays, bool open_ended, PlayArrays& late) {
    if (plays.size() == 0) return;
    const auto border = std::ranges::partition_point(
        sorted_, [](const BlockInfo& block) { return !is_open_ended(block.first); });
    const auto middle = static_cast<std::size_t>(border - sorted_.begin());
    const std::size_t begin = open_ended ? middle : 0;
    const std::size_t end = open_ended ? sorted_.size() : middle;
    const auto [open, in_open] = open_blocks(begin, end);
    // The open blocks take whatever lies behind the one before them. A single play of the far
    // future therefore moves on from one open block to the next, and holds nothing up.
    const PlayKey border_key = open > begin ? sorted_[open - 1].last : kBeforeAll;
    const std::size_t first_new = up_to(plays, border_key);
    late = merged(late, part_of(plays, 0, first_new));
    if (first_new == plays.size()) return;
    PlayArrays all = part_of(plays, first_new, plays.size());
    const bool close = in_open + all.size() > kBlockPlays;
    std::size_t place = end;
    while (place > open) {
      const BlockInfo& block = sorted_[place - 1];
      // One that has no more plays is joined: so a play is written a few times until its block is
      // full, and the open blocks are few.
      const bool stays = block.last < all.key(0) && block.plays > all.size();
      if (stays && !close) break;
      all = merged(take(block), all);
      --place;
    }
    replace(place, end, all, kBlockPlays);
  }

  /// Where the blocks of [begin, end) begin that together are no more than one block, and how many
  /// plays they have. The last one is among them, whatever its size.
  [[nodiscard]] std::pair<std::size_t, std::size_t> open_blocks(std::size_t begin,
                                                                std::size_t end) const {
    std::size_t open = end;
    std::size_t plays = 0;
    while (open > begin && (open == end || plays + sorted_[open - 1].plays <= kBlockPlays)) {
      plays += sorted_[--open].plays;
    }
    return {open, plays};
  }

  void add_late(PlayArrays plays) {
    for (const BlockInfo& block : late_) plays = merged(take(block), plays);
    late_.clear();
    for (std::size_t row = 0; row < plays.size(); row += kBlockPlays) {
      const auto end = std::min(row + kBlockPlays, plays.size());
      late_.push_back(write_block(database_, encode_block(part_of(plays, row, end), true)));
    }
  }

  /// Gives the late plays to the blocks of their time, and drops the removed ones.
  void compact() {
    PlayArrays late;
    for (const BlockInfo& block : late_) late = merged(late, take(block));
    late_.clear();
    // From the last block to the first, so that the places of those before stay as they are.
    for (std::size_t i = sorted_.size(); i-- > 0;) {
      const std::size_t begin = i == 0 ? 0 : up_to(late, sorted_[i - 1].last);
      if (begin == late.size() && !removed_.contains(sorted_[i].block)) continue;
      const BlockInfo block = sorted_[i];
      const PlayArrays all = merged(take(block), part_of(late, begin, late.size()));
      late = part_of(late, 0, begin);
      // Even parts: two half blocks rather than a full one and a crumb.
      const std::size_t parts = (all.size() + kBlockPlays - 1) / kBlockPlays;
      replace(i, i + 1, all, parts == 0 ? 1 : (all.size() + parts - 1) / parts);
    }
    if (late.size() > 0) replace(0, 0, late, kBlockPlays);
  }

  sqlite::Database& database_;
  CodeLimits codes_;
  std::vector<std::uint32_t> totals_;
  RemovedPlays removed_;
  std::vector<BlockInfo> sorted_;
  std::vector<BlockInfo> late_;
};

}  // namespace

void seal(sqlite::Database& database, const std::vector<PlayRow>& fresh) {
  std::vector<PlayRow> plays = read_unsealed(database);
  plays.insert(plays.end(), fresh.begin(), fresh.end());
  Sealer sealer(database);
  sealer.add(in_order(std::move(plays)));
  sealer.compact_if_large();
  sealer.finish();
  database.execute("DELETE FROM playmirror_unsealed");
}

void BlockBuilder::add(const PlayRow& play) {
  const bool other_class =
      plays_.size() > 0 && is_open_ended(play.key) != is_open_ended(plays_.key(0));
  if (plays_.size() == kBlockPlays || other_class) flush();
  plays_.add(play);
  if (play.track >= totals_.size()) totals_.resize(std::max<std::size_t>(play.track + 1, 1024));
  ++totals_[play.track];
}

void BlockBuilder::flush() {
  if (plays_.size() > 0) use_(encode_block(plays_, false));
  plays_.clear();
}

std::vector<std::uint32_t> BlockBuilder::finish(std::size_t track_codes) {
  flush();
  totals_.resize(track_codes);
  return std::move(totals_);
}

}  // namespace playmirror::columns
