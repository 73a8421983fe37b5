/// \file
/// The head of a ranked list, without sorting the rest.
#pragma once

#include <algorithm>
#include <cstddef>
#include <utility>
#include <vector>

namespace playmirror::stats {

/// Puts the first `count` items where a stable sort by `before` would; in which order the others
/// follow is not said.
template <typename Item, typename Before>
void sort_leading(std::vector<Item>& items, std::size_t count, const Before& before) {
  if (count >= items.size() / 2) {
    std::ranges::stable_sort(items, before);
    return;
  }
  std::vector<std::pair<Item, std::size_t>> placed;
  placed.reserve(items.size());
  for (Item& item : items) placed.emplace_back(std::move(item), placed.size());
  const auto end = placed.begin() + static_cast<std::ptrdiff_t>(count);
  std::partial_sort(placed.begin(), end, placed.end(), [&](const auto& a, const auto& b) {
    if (before(a.first, b.first)) return true;
    return !before(b.first, a.first) && a.second < b.second;
  });
  std::ranges::transform(placed, items.begin(), [](auto& each) { return std::move(each.first); });
}

}  // namespace playmirror::stats
