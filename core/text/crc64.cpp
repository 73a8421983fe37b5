#include "core/text/crc64.hpp"

#include <array>
#include <cstddef>

namespace playmirror::text {
namespace {

/// The polynomial, lowest power in the highest bit.
constexpr std::uint64_t kPolynomial = 0xC96C5795D7870F42;

constexpr std::size_t kAtOnce = 8;
using Tables = std::array<std::array<std::uint64_t, 256>, kAtOnce>;

/// What a byte does to the remainder; in table n, with n more bytes behind it.
constexpr Tables make_tables() {
  Tables tables{};
  for (std::size_t byte = 0; byte < 256; ++byte) {
    std::uint64_t rest = byte;
    for (int bit = 0; bit < 8; ++bit) rest = (rest >> 1) ^ ((rest & 1) != 0 ? kPolynomial : 0);
    tables[0][byte] = rest;
  }
  for (std::size_t n = 1; n < kAtOnce; ++n) {
    for (std::size_t byte = 0; byte < 256; ++byte) {
      const std::uint64_t before = tables[n - 1][byte];
      tables[n][byte] = (before >> 8) ^ tables[0][before & 0xFF];
    }
  }
  return tables;
}

constexpr Tables kTables = make_tables();

}  // namespace

void Crc64::add(std::string_view bytes) noexcept {
  const auto byte = [&](std::size_t i) {
    return std::uint64_t{static_cast<unsigned char>(bytes[i])};
  };
  std::uint64_t state = state_;
  // Eight bytes at a time: the look-ups of one step do not wait for each other.
  for (; bytes.size() >= kAtOnce; bytes.remove_prefix(kAtOnce)) {
    for (std::size_t i = 0; i < kAtOnce; ++i) state ^= byte(i) << (8 * i);
    std::uint64_t next = 0;
    for (std::size_t i = 0; i < kAtOnce; ++i) {
      next ^= kTables[kAtOnce - 1 - i][(state >> (8 * i)) & 0xFF];
    }
    state = next;
  }
  for (std::size_t i = 0; i < bytes.size(); ++i) {
    state = (state >> 8) ^ kTables[0][(state ^ byte(i)) & 0xFF];
  }
  state_ = state;
}

}  // namespace playmirror::text
