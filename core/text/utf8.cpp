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

/// Bytes of the well-formed character that begins here; 0 if none does. Table 3-7 of the Unicode
/// standard: only the second byte's range depends on the first.
std::size_t character_size(std::string_view bytes, std::size_t i) noexcept {
  const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(bytes[at]); };
  const unsigned char first = byte(i);
  if (first < 0x80) return 1;
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
    return 0;
  }
  if (bytes.size() - i <= more) return 0;
  if (byte(i + 1) < low || byte(i + 1) > high) return 0;
  for (std::size_t k = 2; k <= more; ++k) {
    if (byte(i + k) < 0x80 || byte(i + k) > 0xBF) return 0;
  }
  return more + 1;
}

}  // namespace

bool is_utf8(std::string_view bytes) noexcept {
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t size = is_ascii_word(bytes, i) ? sizeof(std::uint64_t)  //
                                                     : character_size(bytes, i);
    if (size == 0) return false;
    i += size;
  }
  return true;
}

std::string with_replacements(std::string_view bytes) {
  constexpr std::string_view kReplacement = "\xEF\xBF\xBD";
  std::string text;
  for (std::size_t i = 0; i < bytes.size();) {
    const std::size_t size = character_size(bytes, i);
    text += size == 0 ? kReplacement : bytes.substr(i, size);
    i += size == 0 ? 1 : size;
  }
  return text;
}

bool is_server_text(std::string_view bytes) noexcept {
  return bytes.find('\0') == bytes.npos && is_utf8(bytes);
}

}  // namespace playmirror::text
