// Integer arithmetic for what is usually done with doubles, so that a generated library is the same
// to the last bit on every machine. "Q16" and "Q32" are integers that count 2^-16 and 2^-32.
#pragma once

#include <array>
#include <bit>
#include <cstdint>

namespace playmirror::sample {

/// The largest integer whose square is at most `n`.
constexpr std::uint64_t square_root(std::uint64_t n) {
  if (n == 0) return 0;
  std::uint64_t root = std::uint64_t{1} << (std::bit_width(n) + 1) / 2;
  for (;;) {  // Newton from above: falls until it is there
    const std::uint64_t next = (root + n / root) / 2;
    if (next >= root) return root;
    root = next;
  }
}

/// 2^x for x in Q16, between -16 and 16; the result is in Q16 too.
constexpr std::int64_t power_of_two(std::int64_t x_q16) {
  // factors[k] = 2^(2^-(k+1)) in Q31: each is the root of the one before.
  constexpr auto factors = [] {
    std::array<std::uint64_t, 16> result{};
    std::uint64_t factor = std::uint64_t{2} << 31;
    for (auto& each : result) each = factor = square_root(factor << 31);
    return result;
  }();
  const std::int64_t whole = x_q16 >> 16;
  std::uint64_t power = std::uint64_t{1} << 31;
  for (int bit = 0; bit < 16; ++bit) {
    if ((x_q16 >> (15 - bit)) & 1) power = power * factors[static_cast<std::size_t>(bit)] >> 31;
  }
  const std::int64_t shift = 15 - whole;
  return static_cast<std::int64_t>(shift >= 0 ? power >> shift : power << -shift);
}

static_assert(square_root(80) == 8 && square_root(81) == 9);
static_assert(power_of_two(3 << 16) == 8 << 16 && power_of_two(-(1 << 16)) == 1 << 15);

}  // namespace playmirror::sample
