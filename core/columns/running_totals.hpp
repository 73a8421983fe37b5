#pragma once

#include "core/columns/block_store.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// Sums per track code over all plays before certain rows, the borders, so that those of any period
/// are a difference of two arrays and of what lies between its ends and the nearest borders.
template <typename Sum>
class RunningTotals {
 public:
  using Sums = std::vector<Sum>;

  /// A row of a block, or its end.
  struct Border {
    std::size_t block = 0;
    std::size_t row = 0;
  };

  /// Adds the plays of rows [begin, end) of a block to the sums.
  using AddRows =
      std::function<void(std::size_t block, std::size_t begin, std::size_t end, Sums& sums)>;

  /// `codes` is the number of track codes. The arrays take up to `most_bytes` of memory: with more
  /// blocks or tracks, fewer blocks have one; with few, parts of blocks have one, too. Arrays that
  /// `known`, which may be null, has of the same beginning of the blocks are taken from there.
  RunningTotals(std::span<const BlockInfo> blocks, std::size_t codes, std::size_t most_bytes,
                const RunningTotals* known, const AddRows& add_rows) {
    for (const BlockInfo& block : blocks) {
      blocks_.push_back(block.block);
      starts_.push_back(starts_.back() + block.plays);
    }
    const std::size_t pieces = blocks.size() * kPieces;
    const std::size_t bytes = (pieces + 1) * codes * sizeof(Sum);
    // A power of two, so that a mirror that grows a little keeps its arrays.
    while (bytes / stride_ > (stride_ < kPieces ? std::min(most_bytes, kFineBytes) : most_bytes)) {
      stride_ *= 2;
    }
    if (known != nullptr && known->stride_ == stride_) take(*known);
    if (totals_.empty()) totals_.push_back(std::make_shared<const Sums>());
    Sums sums = *totals_.back();
    sums.resize(codes);
    const std::size_t step = std::min(stride_, kPieces);
    for (std::size_t piece = (totals_.size() - 1) * stride_; piece < pieces; piece += step) {
      const Border begin = at(piece);
      const std::size_t end = std::min(begin.row + step * kPieceRows, blocks[begin.block].plays);
      if (begin.row < end) add_rows(begin.block, begin.row, end, sums);
      if ((piece + step) % stride_ != 0) continue;
      totals_.push_back(begin.row < end || step < stride_ ? std::make_shared<const Sums>(sums)
                                                          : totals_.back());
    }
  }

  /// The number of the border from where the fewest plays are to be walked to a row of a block.
  [[nodiscard]] std::size_t nearest(std::size_t block, std::size_t row) const noexcept {
    const std::size_t below = (block * kPieces + row / kPieceRows) / stride_;
    const std::size_t above = below + 1;
    if (above >= totals_.size()) return std::min(below, totals_.size() - 1);
    const std::size_t play = starts_[block] + row;
    return play - play_at(below) <= play_at(above) - play ? below : above;
  }

  [[nodiscard]] Border border(std::size_t number) const noexcept {
    Border border = at(number * stride_);
    if (border.block < blocks_.size()) border.row = std::min(border.row, plays_of(border.block));
    return border;
  }

  [[nodiscard]] bool has_blocks_of(const RunningTotals& other) const {
    return blocks_ == other.blocks_;
  }

  /// The totals before that border; may be shorter than the codes of now.
  [[nodiscard]] const Sums& before(std::size_t number) const noexcept { return *totals_[number]; }

 private:
  static constexpr std::size_t kPieceRows = 4096;
  static constexpr std::size_t kPieces = kBlockPlays / kPieceRows;  ///< of a block
  /// Memory for borders within blocks. They save some microseconds, which a small mirror notices.
  static constexpr std::size_t kFineBytes = std::size_t{8} << 20;

  [[nodiscard]] static Border at(std::size_t piece) noexcept {
    return {piece / kPieces, piece % kPieces * kPieceRows};
  }
  [[nodiscard]] std::size_t plays_of(std::size_t block) const noexcept {
    return starts_[block + 1] - starts_[block];
  }
  [[nodiscard]] std::size_t play_at(std::size_t number) const noexcept {
    const Border at = border(number);
    return starts_[at.block] + at.row;
  }

  void take(const RunningTotals& known) {
    const auto [ours, theirs] = std::ranges::mismatch(blocks_, known.blocks_);
    const auto same = static_cast<std::size_t>(ours - blocks_.begin());
    for (std::size_t piece = 0; piece <= same * kPieces; piece += stride_) {
      totals_.push_back(known.totals_[piece / stride_]);
    }
  }

  std::vector<std::int64_t> blocks_;
  std::vector<std::size_t> starts_ = {0};  ///< the plays before each block, and before the end
  std::size_t stride_ = 1;                 ///< pieces from border to border
  std::vector<std::shared_ptr<const Sums>> totals_;
};

}  // namespace playmirror::columns
