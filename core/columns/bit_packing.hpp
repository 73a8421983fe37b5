#pragma once

#include <bit>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <span>
#include <string>
#include <string_view>

/// Small integers in few bits.
///
/// Values are packed in groups of kGroup. A group has one width, chosen so that its bytes are
/// fewest: values that need more bits leave their low ones in place and their high ones behind the
/// group, as exceptions. So one long pause in an evening of plays does not widen the others.
///
///     group: width (1 byte, 0 to 64), number of exceptions (1 byte),
///            the low `width` bits of each value, first value in the lowest bits, whole bytes;
///            for each exception: its place in the group (1 byte), the high bits as a varint
namespace playmirror::columns {

inline constexpr std::size_t kGroup = 128;

/// Bytes behind the last group that unpack() may read, whatever they hold.
inline constexpr std::size_t kPackedPadding = 16;

/// Appends the packed values. The caller appends kPackedPadding bytes at the end of the buffer.
void pack(std::span<const std::uint64_t> values, std::string& out);

/// Unpacks groups one after another.
class Unpacker {
 public:
  /// `bytes` ends with kPackedPadding bytes that belong to no group.
  explicit Unpacker(std::string_view bytes) noexcept
      : at_(bytes.data()),
        end_(bytes.size() < kPackedPadding ? at_ : at_ + (bytes.size() - kPackedPadding)) {}

  /// The next `size` values, at most kGroup, of a group that was packed with as many. False when
  /// the bytes are none that pack() wrote; then `values` is undefined, but nothing else was
  /// touched.
  [[nodiscard]] bool next(std::size_t size, std::uint64_t* values) noexcept;

  /// What is left behind the groups.
  [[nodiscard]] std::string_view rest() const noexcept {
    return {at_, static_cast<std::size_t>(end_ - at_)};
  }

 private:
  const char* at_;
  const char* end_;
};

/// Signed to unsigned, so that small magnitudes stay small.
[[nodiscard]] constexpr std::uint64_t zigzag(std::int64_t value) noexcept {
  return (static_cast<std::uint64_t>(value) << 1) ^ static_cast<std::uint64_t>(value >> 63);
}
[[nodiscard]] constexpr std::int64_t unzigzag(std::uint64_t value) noexcept {
  return static_cast<std::int64_t>((value >> 1) ^ (~(value & 1) + 1));
}

/// A little-endian integer, wherever it lies.
template <typename Integer>
void put_little_endian(std::string& out, Integer value) {
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    out += static_cast<char>(static_cast<std::uint64_t>(value) >> (8 * i));
  }
}
inline void store_little_endian(char* bytes, std::uint64_t value) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    std::memcpy(bytes, &value, sizeof value);
  } else {
    for (std::size_t i = 0; i < sizeof value; ++i) bytes[i] = static_cast<char>(value >> (8 * i));
  }
}
template <typename Integer>
[[nodiscard]] Integer little_endian(const char* bytes) noexcept {
  if constexpr (std::endian::native == std::endian::little) {
    Integer value;
    std::memcpy(&value, bytes, sizeof value);
    return value;
  } else {
    std::uint64_t value = 0;
    for (std::size_t i = sizeof(Integer); i-- > 0;) {
      value = (value << 8) | static_cast<unsigned char>(bytes[i]);
    }
    return static_cast<Integer>(value);
  }
}

}  // namespace playmirror::columns
