#include "core/text/utf8.hpp"

#include <cstddef>
#include <cstdint>
#include <cstring>

namespace playmirror::text {
namespace {

/// Whether the next eight bytes are ASCII, as nearly all are.
bool is_ascii_word(std::string_view bytes, std::size_t i) noexcept {
  std::uint64_t word = 0;
  if (bytes.size() - i < sizeof(word)) return false;
  std::memcpy(&word, bytes.data() + i, sizeof(word));
  return (word & 0x8080808080808080) == 0;
}

}  // namespace

// Table 3-7 of the Unicode standard: only the second byte's range depends on the first.
bool is_utf8(std::string_view bytes) noexcept {
  const auto byte = [&](std::size_t i) { return static_cast<unsigned char>(bytes[i]); };
  std::size_t i = 0;
  while (i < bytes.size()) {
    if (is_ascii_word(bytes, i)) {
      i += sizeof(std::uint64_t);
      continue;
    }
    const unsigned char first = byte(i);
    if (first < 0x80) {
      ++i;
      continue;
    }
    std::size_t more = 0;
    unsigned char low = 0x80;
    unsigned char high = 0xBF;
    if (first >= 0xC2 && first <= 0xDF) {
      more = 1;
    } else if (first >= 0xE0 && first <= 0xEF) {
      more = 2;
      if (first == 0xE0) low = 0xA0;
      if (first == 0xED) high = 0x9F;
    } else if (first >= 0xF0 && first <= 0xF4) {
      more = 3;
      if (first == 0xF0) low = 0x90;
      if (first == 0xF4) high = 0x8F;
    } else {
      return false;
    }
    if (bytes.size() - i <= more) return false;
    if (byte(i + 1) < low || byte(i + 1) > high) return false;
    for (std::size_t k = 2; k <= more; ++k) {
      if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return false;
    }
    i += more + 1;
  }
  return true;
}

bool is_server_text(std::string_view bytes) noexcept {
  return bytes.find('\0') == bytes.npos && is_utf8(bytes);
}

}  // namespace playmirror::text
