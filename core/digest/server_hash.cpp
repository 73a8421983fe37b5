#include "core/digest/server_hash.hpp"

#include <bit>
#include <cstddef>
#include <cstring>

namespace playmirror::digest {
namespace {

/// The three words that lookup3 stirs.
struct State {
  std::uint32_t a;
  std::uint32_t b;
  std::uint32_t c;

  State(std::uint32_t length, std::uint64_t seed) noexcept {
    a = b = c = 0x9e3779b9 + length + 3923095;
    if (seed == 0) return;
    a += static_cast<std::uint32_t>(seed >> 32);
    b += static_cast<std::uint32_t>(seed);
    mix();
  }

  void mix() noexcept {
    a -= c, a ^= std::rotl(c, 4), c += b;
    b -= a, b ^= std::rotl(a, 6), a += c;
    c -= b, c ^= std::rotl(b, 8), b += a;
    a -= c, a ^= std::rotl(c, 16), c += b;
    b -= a, b ^= std::rotl(a, 19), a += c;
    c -= b, c ^= std::rotl(b, 4), b += a;
  }

  [[nodiscard]] std::uint64_t finish() noexcept {
    c ^= b, c -= std::rotl(b, 14);
    a ^= c, a -= std::rotl(c, 11);
    b ^= a, b -= std::rotl(a, 25);
    c ^= b, c -= std::rotl(b, 16);
    a ^= c, a -= std::rotl(c, 4);
    b ^= a, b -= std::rotl(a, 14);
    c ^= b, c -= std::rotl(b, 24);
    return (std::uint64_t{b} << 32) | c;
  }
};

/// Four bytes, the first one lowest.
std::uint32_t whole_word(const char* bytes) noexcept {
  std::uint32_t value = 0;
  std::memcpy(&value, bytes, sizeof(value));
  if constexpr (std::endian::native == std::endian::big) value = __builtin_bswap32(value);
  return value;
}

/// Up to four bytes from `begin`, the first one lowest.
std::uint32_t word(std::string_view bytes, std::size_t begin) noexcept {
  std::uint32_t value = 0;
  for (std::size_t i = begin; i < bytes.size() && i < begin + 4; ++i) {
    value |= std::uint32_t{static_cast<unsigned char>(bytes[i])} << (8 * (i - begin));
  }
  return value;
}

}  // namespace

std::uint64_t hash_text(std::string_view bytes, std::uint64_t seed) noexcept {
  State state(static_cast<std::uint32_t>(bytes.size()), seed);
  while (bytes.size() >= 12) {
    state.a += whole_word(bytes.data());
    state.b += whole_word(bytes.data() + 4);
    state.c += whole_word(bytes.data() + 8);
    state.mix();
    bytes.remove_prefix(12);
  }
  state.a += word(bytes, 0);
  state.b += word(bytes, 4);
  // The lowest byte of the last word belongs to the length.
  state.c += word(bytes, 8) << 8;
  return state.finish();
}

std::uint64_t hash_integer(std::int64_t value, std::uint64_t seed) noexcept {
  const auto low = static_cast<std::uint32_t>(value);
  const auto high = static_cast<std::uint32_t>(static_cast<std::uint64_t>(value) >> 32);
  State state(sizeof(std::uint32_t), seed);
  // So that equal numbers of different width are equal.
  state.a += low ^ (value >= 0 ? high : ~high);
  return state.finish();
}

}  // namespace playmirror::digest
