/// \file
/// The head of a ranked list, without sorting the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <vector>

namespace playmirror::stats {

/// Puts the first `count` items where a sort by `before`, to which no two items are equal, would
/// put them; in which order the others follow is not said.
template <typename Item, typename Before>
void sort_leading(std::vector<Item>& items, std::size_t count, const Before& before) {
  if (count >= items.size() / 2) {
    std::ranges::sort(items, before);
    return;
  }
  std::ranges::partial_sort(items, items.begin() + static_cast<std::ptrdiff_t>(count), before);
}

}  // namespace playmirror::stats
