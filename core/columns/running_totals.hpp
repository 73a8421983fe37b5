#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// Sums per track code over all plays before certain blocks, so that those of any period are a
/// difference of two arrays and of what lies between its ends and the nearest of those blocks.
template <typename Sum>
class RunningTotals {
 public:
  using Sums = std::vector<Sum>;

  /// Adds the plays of one block to the sums.
  using AddBlock = std::function<void(std::size_t index, Sums& sums)>;

  /// `blocks` are the numbers of the blocks in order, `codes` the number of track codes. The arrays
  /// take up to `most_bytes` of memory: with more blocks or tracks, fewer blocks have one. Arrays
  /// that `known`, which may be null, has of the same beginning of the list are taken from there.
  RunningTotals(std::vector<std::int64_t> blocks, std::size_t codes, std::size_t most_bytes,
                const RunningTotals* known, const AddBlock& add_block)
      : blocks_(std::move(blocks)) {
    const std::size_t bytes = (blocks_.size() + 1) * codes * sizeof(Sum);
    // A power of two, so that a mirror that grows a little keeps its arrays.
    while (bytes / stride_ > most_bytes) stride_ *= 2;
    std::size_t same = 0;
    if (known != nullptr && known->stride_ == stride_) {
      const auto [ours, theirs] = std::ranges::mismatch(blocks_, known->blocks_);
      same = static_cast<std::size_t>(ours - blocks_.begin());
      for (std::size_t block = 0; block <= same; block += stride_) {
        totals_.push_back(known->totals_[block / stride_]);
      }
    }
    if (totals_.empty()) totals_.push_back(std::make_shared<const Sums>());
    Sums sums = *totals_.back();
    sums.resize(codes);
    for (std::size_t block = (totals_.size() - 1) * stride_; block < blocks_.size(); ++block) {
      add_block(block, sums);
      if ((block + 1) % stride_ == 0) totals_.push_back(std::make_shared<const Sums>(sums));
    }
  }

  /// The number of the block, at or next to `block`, before which totals are kept.
  [[nodiscard]] std::size_t nearest(std::size_t block) const noexcept {
    const std::size_t below = block / stride_ * stride_;
    const bool above_is_nearer = block - below > stride_ / 2;
    const std::size_t above = below + stride_;
    return above_is_nearer && above / stride_ < totals_.size() ? above : below;
  }

  /// The totals before that block; may be shorter than the codes of now.
  [[nodiscard]] const Sums& before(std::size_t block) const noexcept {
    return *totals_[block / stride_];
  }

 private:
  std::vector<std::int64_t> blocks_;
  std::size_t stride_ = 1;
  std::vector<std::shared_ptr<const Sums>> totals_;
};

}  // namespace playmirror::columns
