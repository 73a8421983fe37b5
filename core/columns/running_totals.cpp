#include "core/columns/running_totals.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::columns {
namespace {

/// Memory for the arrays; with more blocks or tracks, fewer blocks have one.
constexpr std::size_t kMostBytes = std::size_t{64} << 20;

}  // namespace

RunningTotals::RunningTotals(std::vector<std::int64_t> blocks, std::size_t codes,
                             const RunningTotals* known, const CountBlock& count_block)
    : blocks_(std::move(blocks)) {
  const std::size_t bytes = (blocks_.size() + 1) * codes * sizeof(Counts::value_type);
  // A power of two, so that a mirror that grows a little keeps its arrays.
  while (bytes / stride_ > kMostBytes) stride_ *= 2;
  std::size_t same = 0;
  if (known != nullptr && known->stride_ == stride_) {
    const auto [ours, theirs] = std::ranges::mismatch(blocks_, known->blocks_);
    same = static_cast<std::size_t>(ours - blocks_.begin());
    for (std::size_t block = 0; block <= same; block += stride_) {
      totals_.push_back(known->totals_[block / stride_]);
    }
  }
  if (totals_.empty()) totals_.push_back(std::make_shared<const Counts>());
  Counts counts = *totals_.back();
  counts.resize(codes);
  for (std::size_t block = (totals_.size() - 1) * stride_; block < blocks_.size(); ++block) {
    count_block(block, counts);
    if ((block + 1) % stride_ == 0) totals_.push_back(std::make_shared<const Counts>(counts));
  }
}

std::size_t RunningTotals::nearest(std::size_t block) const noexcept {
  const std::size_t below = block / stride_ * stride_;
  const bool above_is_nearer = block - below > stride_ / 2;
  const std::size_t above = below + stride_;
  return above_is_nearer && above / stride_ < totals_.size() ? above : below;
}

}  // namespace playmirror::columns
