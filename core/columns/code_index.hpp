#pragma once

#include "core/columns/play_batch.hpp"

#include <bit>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <string_view>
#include <vector>

namespace playmirror::columns {

/// Codes by the hashes of what they stand for: open addressing in one array of eight bytes a slot,
/// so that a look-up among the tracks of a library mostly stays in the processor's cache, and reads
/// a text only where the whole hash is the same.
class CodeIndex {
 public:
  [[nodiscard]] static std::uint32_t hash(std::string_view text) noexcept {
    const std::uint64_t all = std::hash<std::string_view>{}(text);
    return static_cast<std::uint32_t>(all ^ (all >> 32));
  }

  /// The code of this hash for which `is_it(code)` is true; kNone if there is none.
  template <typename IsIt>
  [[nodiscard]] std::uint32_t find(std::uint32_t hash, IsIt is_it) const {
    if (slots_.empty()) return kNone;
    const std::size_t mask = slots_.size() - 1;
    for (std::size_t at = hash & mask; slots_[at].code != kNone; at = (at + 1) & mask) {
      if (slots_[at].hash == hash && is_it(slots_[at].code)) return slots_[at].code;
    }
    return kNone;
  }

  /// Asks for the memory that find() of this hash begins to read.
  void prefetch(std::uint32_t hash) const noexcept {
    if (!slots_.empty()) __builtin_prefetch(&slots_[hash & (slots_.size() - 1)]);
  }

  /// What the first slot of this hash holds: mostly the code that find() gives.
  [[nodiscard]] std::uint32_t guess(std::uint32_t hash) const noexcept {
    return slots_.empty() ? kNone : slots_[hash & (slots_.size() - 1)].code;
  }

  /// A code that is not in it yet.
  void add(std::uint32_t hash, std::uint32_t code) {
    reserve(codes_ + 1);
    put({hash, code});
    ++codes_;
  }

  /// Makes room for so many codes at once.
  void reserve(std::size_t codes) {
    if (2 * codes <= slots_.size()) return;
    std::vector<Slot> old(std::bit_ceil(4 * codes));
    old.swap(slots_);
    for (const Slot& slot : old) {
      if (slot.code != kNone) put(slot);
    }
  }

 private:
  struct Slot {
    std::uint32_t hash = 0;
    std::uint32_t code = kNone;
  };

  void put(Slot slot) noexcept {
    const std::size_t mask = slots_.size() - 1;
    std::size_t at = slot.hash & mask;
    while (slots_[at].code != kNone) at = (at + 1) & mask;
    slots_[at] = slot;
  }

  std::vector<Slot> slots_;  ///< a power of two of them, at least half of them free
  std::size_t codes_ = 0;
};

}  // namespace playmirror::columns
