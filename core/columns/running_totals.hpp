#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <vector>

namespace playmirror::columns {

/// Plays per track code before certain blocks, so that the counts of any period are a difference of
/// two arrays and of what lies between its ends and the nearest of those blocks.
class RunningTotals {
 public:
  using Counts = std::vector<std::uint32_t>;

  /// Adds the tracks of one block to the counts.
  using CountBlock = std::function<void(std::size_t index, Counts& counts)>;

  /// `blocks` are the numbers of the blocks in order, `codes` the number of track codes. Arrays
  /// that `known`, which may be null, has of the same beginning of the list are taken from there.
  RunningTotals(std::vector<std::int64_t> blocks, std::size_t codes, const RunningTotals* known,
                const CountBlock& count_block);

  /// The number of the block, at or next to `block`, before which totals are kept.
  [[nodiscard]] std::size_t nearest(std::size_t block) const noexcept;

  /// The totals before that block; may be shorter than the codes of now.
  [[nodiscard]] const Counts& before(std::size_t block) const noexcept {
    return *totals_[block / stride_];
  }

 private:
  std::vector<std::int64_t> blocks_;
  std::size_t stride_ = 1;
  std::vector<std::shared_ptr<const Counts>> totals_;
};

}  // namespace playmirror::columns
