#pragma once

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// Values by code where few codes have one. Each code costs four bytes, filled with zeros, and no
/// more than that if it has no value: of a short period, most tracks have none.
template <typename Value>
class Sparse {
 public:
  struct Item {
    std::uint32_t code;
    Value value;
  };

  /// `size` is one more than the largest code.
  explicit Sparse(std::size_t size) : numbers_(size, 0) {}

  /// One more than the largest code.
  [[nodiscard]] std::size_t size() const noexcept { return numbers_.size(); }

  /// The value of the code; a new one if it has none yet. Valid until the next new one.
  Value& operator[](std::uint32_t code) {
    std::uint32_t& number = numbers_[code];
    if (number == 0) {
      items_.push_back({code, {}});
      number = static_cast<std::uint32_t>(items_.size());
    }
    return items_[number - 1].value;
  }

  /// Null where the code has none.
  [[nodiscard]] const Value* find(std::uint32_t code) const noexcept {
    const std::uint32_t number = numbers_[code];
    return number == 0 ? nullptr : &items_[number - 1].value;
  }

  /// Those that have a value, in the order in which they got it.
  [[nodiscard]] const std::vector<Item>& items() const noexcept { return items_; }
  [[nodiscard]] std::vector<Item> take_items() && noexcept { return std::move(items_); }

 private:
  std::vector<std::uint32_t> numbers_;  ///< of the item, from 1 on; 0: none
  std::vector<Item> items_ = {};
};

/// Calls visit(i) for each i below `size` of which `holds(i)`, in order. No branch depends on what
/// holds: which numbers do nobody can guess.
template <typename Holds, typename Visit>
void each_where(std::size_t size, const Holds& holds, const Visit& visit) {
  constexpr std::size_t kAtOnce = 256;
  std::array<std::uint32_t, kAtOnce> found;
  for (std::size_t begin = 0; begin < size; begin += kAtOnce) {
    const std::size_t end = std::min(begin + kAtOnce, size);
    std::size_t count = 0;
    for (std::size_t i = begin; i < end; ++i) {
      found[count] = static_cast<std::uint32_t>(i);
      count += holds(i) ? 1 : 0;
    }
    for (std::size_t i = 0; i < count; ++i) visit(found[i]);
  }
}

}  // namespace playmirror::columns
