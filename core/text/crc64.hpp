#pragma once

#include <cstdint>
#include <string_view>

namespace playmirror::text {

/// CRC-64/XZ: finds every damage to up to 64 adjacent bits, and all but one in 2^64 of the others.
class Crc64 {
 public:
  void add(std::string_view bytes) noexcept;

  /// Of all bytes so far.
  [[nodiscard]] std::uint64_t value() const noexcept { return ~state_; }

 private:
  std::uint64_t state_ = ~std::uint64_t{0};
};

}  // namespace playmirror::text
