#include "core/columns/bit_packing.hpp"

#include <algorithm>
#include <array>

namespace playmirror::columns {
namespace {

using Group = std::span<const std::uint64_t>;

constexpr unsigned kMostBits = 64;

constexpr std::uint64_t low_bits(unsigned width) noexcept {
  return width >= kMostBits ? ~std::uint64_t{0} : (std::uint64_t{1} << width) - 1;
}

constexpr unsigned varint_bytes(unsigned bits) noexcept { return (bits + 6) / 7; }

/// The width with the fewest bits, exceptions included.
unsigned best_width(Group group) noexcept {
  std::array<unsigned, kMostBits + 1> with_bits{};
  unsigned most = 0;
  for (const std::uint64_t value : group) {
    const auto bits = static_cast<unsigned>(std::bit_width(value));
    ++with_bits[bits];
    most = std::max(most, bits);
  }
  unsigned best = most;
  std::size_t fewest = group.size() * most;
  std::size_t exceptions = 0;
  for (unsigned width = most; width-- > 0;) {
    exceptions += with_bits[width + 1];
    // Each takes two bytes at least, and narrower ones have no fewer.
    if (exceptions * 16 > fewest) break;
    std::size_t bits = group.size() * width;
    for (unsigned wider = width + 1; wider <= most; ++wider) {
      bits += with_bits[wider] * 8 * (1 + varint_bytes(wider - width));
    }
    if (bits < fewest || (bits == fewest && best < most)) {
      fewest = bits;
      best = width;
    }
  }
  return best;
}

/// Up to 56 bits: they fit into one word with those that wait for their byte to be full.
void pack_narrow(Group group, unsigned width, char* bytes) noexcept {
  const std::uint64_t mask = low_bits(width);
  std::uint64_t pending = 0;
  unsigned bits = 0;
  for (const std::uint64_t value : group) {
    pending |= (value & mask) << bits;
    bits += width;
    store_little_endian(bytes, pending);
    bytes += bits / 8;
    pending >>= bits / 8 * 8;
    bits %= 8;
  }
}

void pack_wide(Group group, unsigned width, char* bytes) noexcept {
  std::uint64_t pending = 0;
  unsigned bits = 0;
  for (const std::uint64_t value : group) {
    // In two halves, so that the bits that wait never exceed 64.
    for (unsigned done = 0; done < width;) {
      const unsigned part = std::min(width - done, 32U);
      pending |= ((value >> done) & low_bits(part)) << bits;
      bits += part;
      done += part;
      for (; bits >= 8; bits -= 8, pending >>= 8) *bytes++ = static_cast<char>(pending);
    }
  }
  if (bits > 0) *bytes = static_cast<char>(pending);
}

void pack_group(Group group, std::string& out) {
  const unsigned width = best_width(group);
  const std::uint64_t mask = low_bits(width);
  const auto exceptions =
      std::ranges::count_if(group, [mask](std::uint64_t value) { return value > mask; });
  out += static_cast<char>(width);
  out += static_cast<char>(exceptions);
  const std::size_t begin = out.size();
  const std::size_t bytes = (group.size() * width + 7) / 8;
  out.resize(begin + bytes + sizeof(std::uint64_t));  // whole words are stored
  width <= 56 ? pack_narrow(group, width, out.data() + begin)
              : pack_wide(group, width, out.data() + begin);
  out.resize(begin + bytes);
  if (exceptions == 0) return;
  for (std::size_t i = 0; i < group.size(); ++i) {
    if (group[i] <= mask) continue;
    out += static_cast<char>(i);
    std::uint64_t high = group[i] >> width;
    for (; high >= 128; high >>= 7) out += static_cast<char>(high | 128);
    out += static_cast<char>(high);
  }
}

/// Up to 57 bits: one load holds them wherever they begin in a byte.
void unpack_narrow(const char* bytes, unsigned width, std::size_t size,
                   std::uint64_t* values) noexcept {
  const std::uint64_t mask = low_bits(width);
  std::size_t bit = 0;
  for (std::size_t i = 0; i < size; ++i, bit += width) {
    values[i] = (little_endian<std::uint64_t>(bytes + bit / 8) >> (bit % 8)) & mask;
  }
}

void unpack_wide(const char* bytes, unsigned width, std::size_t size,
                 std::uint64_t* values) noexcept {
  const std::uint64_t mask = low_bits(width);
  std::size_t bit = 0;
  for (std::size_t i = 0; i < size; ++i, bit += width) {
    const unsigned shift = bit % 8;
    std::uint64_t value = little_endian<std::uint64_t>(bytes + bit / 8) >> shift;
    if (shift > 0) {
      value |= static_cast<std::uint64_t>(static_cast<unsigned char>(bytes[bit / 8 + 8]))
               << (kMostBits - shift);
    }
    values[i] = value & mask;
  }
}

}  // namespace

void pack(std::span<const std::uint64_t> values, std::string& out) {
  for (std::size_t begin = 0; begin < values.size(); begin += kGroup) {
    pack_group(values.subspan(begin, std::min(kGroup, values.size() - begin)), out);
  }
}

bool Unpacker::next(std::size_t size, std::uint64_t* values) noexcept {
  if (end_ - at_ < 2) return false;
  const unsigned width = static_cast<unsigned char>(*at_++);
  const unsigned exceptions = static_cast<unsigned char>(*at_++);
  const auto bytes = static_cast<std::ptrdiff_t>((size * width + 7) / 8);
  if (width > kMostBits || end_ - at_ < bytes) return false;
  if (width == 0) {
    std::fill_n(values, size, 0);
  } else if (width <= 57) {
    unpack_narrow(at_, width, size, values);
  } else {
    unpack_wide(at_, width, size, values);
  }
  at_ += bytes;
  for (unsigned i = 0; i < exceptions; ++i) {
    if (at_ == end_) return false;
    const std::size_t place = static_cast<unsigned char>(*at_++);
    if (place >= size) return false;
    for (unsigned shift = width;; shift += 7) {
      if (at_ == end_ || shift >= kMostBits) return false;
      const auto byte = static_cast<unsigned char>(*at_++);
      values[place] |= static_cast<std::uint64_t>(byte & 127) << shift;
      if (byte < 128) break;
    }
  }
  return true;
}

}  // namespace playmirror::columns
