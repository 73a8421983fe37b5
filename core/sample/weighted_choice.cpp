#include "core/sample/weighted_choice.hpp"

#include <numeric>

namespace playmirror::sample {

WeightedChoice::WeightedChoice(std::span<const std::uint64_t> weights)
    : total_(std::accumulate(weights.begin(), weights.end(), std::uint64_t{0})),
      slots_(weights.size()) {
  // Each slot holds `total_` units. An index whose weight does not fill its own slot shares it with
  // one that has more than enough.
  std::vector<std::uint32_t> small;
  std::vector<std::uint32_t> large;
  for (std::uint32_t i = 0; i < weights.size(); ++i) {
    slots_[i] = {weights[i] * weights.size(), i};
    (slots_[i].cut < total_ ? small : large).push_back(i);
  }
  while (!small.empty() && !large.empty()) {
    const std::uint32_t poor = small.back();
    const std::uint32_t rich = large.back();
    small.pop_back();
    slots_[poor].other = rich;
    slots_[rich].cut -= total_ - slots_[poor].cut;
    if (slots_[rich].cut < total_) {
      large.pop_back();
      small.push_back(rich);
    }
  }
}

std::uint32_t WeightedChoice::draw(Random& random) const {
  const auto index = static_cast<std::uint32_t>(random.below(slots_.size()));
  return random.below(total_) < slots_[index].cut ? index : slots_[index].other;
}

}  // namespace playmirror::sample
