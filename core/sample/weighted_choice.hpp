// Drawing one of many by weight, in constant time (Walker's alias method, in integers).
#pragma once

#include "core/sample/random.hpp"

#include <cstdint>
#include <span>
#include <vector>

namespace playmirror::sample {

/// The weight of `rank` (0 = most popular) in a popularity of shape (rank + offset)^-1.5, scaled to
/// an integer. rank + offset must stay below 400,000.
constexpr std::uint64_t popularity_weight(std::uint64_t rank, std::uint64_t offset) {
  const std::uint64_t place = rank + offset;
  return (std::uint64_t{1} << 48) / square_root(place * place * place << 8);
}

class WeightedChoice {
 public:
  /// The weights' sum times their number must stay below 2^64.
  explicit WeightedChoice(std::span<const std::uint64_t> weights);

  std::uint32_t draw(Random& random) const;

  std::uint64_t total() const { return total_; }

 private:
  struct Slot {
    std::uint64_t cut;  ///< below it the slot's own index is meant, else `other`
    std::uint32_t other;
  };

  std::uint64_t total_ = 0;
  std::vector<Slot> slots_;
};

}  // namespace playmirror::sample
