#pragma once

#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace playmirror::stats {

/// Things in the order of their keys, byte by byte, by their codes.
struct Order {
  std::vector<std::uint32_t> codes = {};   ///< all but 0
  std::vector<std::uint32_t> places = {};  ///< by code; behind all others where there is no key

  Order() = default;

  /// `size` is one more than the largest code.
  Order(std::vector<std::uint32_t> sorted, std::size_t size) : codes(std::move(sorted)) {
    places.assign(size, static_cast<std::uint32_t>(codes.size()));
    std::uint32_t place = 0;
    for (const std::uint32_t code : codes) places[code] = place++;
  }
};

}  // namespace playmirror::stats
