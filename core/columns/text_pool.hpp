#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <vector>

namespace playmirror::columns {

/// Copies of texts and of lists of codes that stay where they are for as long as the pool lives.
class TextPool {
 public:
  [[nodiscard]] std::string_view keep(std::string_view text) {
    if (text.empty()) return "";
    char* const copy = room(text.size(), 1);
    text.copy(copy, text.size());
    return {copy, text.size()};
  }

  [[nodiscard]] std::span<const std::uint32_t> keep(std::span<const std::uint32_t> codes) {
    if (codes.empty()) return {};
    auto* const copy =
        reinterpret_cast<std::uint32_t*>(room(codes.size_bytes(), alignof(std::uint32_t)));
    std::copy(codes.begin(), codes.end(), copy);
    return {copy, codes.size()};
  }

 private:
  char* room(std::size_t bytes, std::size_t alignment) {
    constexpr std::size_t kChunk = 1 << 18;
    used_ = (used_ + alignment - 1) / alignment * alignment;
    if (chunks_.empty() || used_ + bytes > size_) {
      size_ = std::max(bytes, kChunk);
      // Not filled with zeros: what stays unused is no memory yet.
      chunks_.push_back(std::make_unique_for_overwrite<char[]>(size_));
      used_ = 0;
    }
    char* const begin = chunks_.back().get() + used_;
    used_ += bytes;
    return begin;
  }

  std::vector<std::unique_ptr<char[]>> chunks_;
  std::size_t size_ = 0;  ///< of the last chunk
  std::size_t used_ = 0;  ///< likewise
};

}  // namespace playmirror::columns
