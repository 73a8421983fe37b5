#include "core/text/lower.hpp"

#include "core/text/utf8.hpp"

#include <algorithm>
#include <locale.h>
#include <wctype.h>

#if __has_include(<xlocale.h>)
#include <xlocale.h>
#endif

namespace playmirror::text {
namespace {

/// One character of text that is UTF-8, and the rest of it.
char32_t take(std::string_view& rest) {
  const auto first = static_cast<unsigned char>(rest[0]);
  const std::size_t size = first < 0x80 ? 1 : first < 0xE0 ? 2 : first < 0xF0 ? 3 : 4;
  char32_t character = size == 1 ? first : first & (0x7FU >> size);
  for (std::size_t i = 1; i < size; ++i) {
    character = character << 6 | (static_cast<unsigned char>(rest[i]) & 0x3FU);
  }
  rest.remove_prefix(size);
  return character;
}

void put(char32_t character, std::string& out) {
  const auto tail = [&](int shift) {
    out += static_cast<char>(0x80U | ((character >> shift) & 0x3FU));
  };
  if (character < 0x80) {
    out += static_cast<char>(character);
  } else if (character < 0x800) {
    out += static_cast<char>(0xC0U | character >> 6);
    tail(0);
  } else if (character < 0x10000) {
    out += static_cast<char>(0xE0U | character >> 12);
    tail(6);
    tail(0);
  } else {
    out += static_cast<char>(0xF0U | character >> 18);
    tail(12);
    tail(6);
    tail(0);
  }
}

}  // namespace

std::string lower(std::string_view utf8) {
  std::string result;
  result.reserve(utf8.size());
  const bool plain = std::ranges::all_of(utf8, [](char c) { return c >= 0; });
  if (plain || !is_server_text(utf8)) {
    for (const char c : utf8) result += static_cast<char>(c >= 'A' && c <= 'Z' ? c + 32 : c);
    return result;
  }
  // Independent of the program's locale; null where the system has none of that name.
  static const locale_t unicode = ::newlocale(LC_CTYPE_MASK, "C.UTF-8", nullptr);
  while (!utf8.empty()) {
    const char32_t character = take(utf8);
    const bool ascii = character < 0x80;
    if (ascii || unicode == nullptr) {
      put(ascii && character >= 'A' && character <= 'Z' ? character + 32 : character, result);
    } else {
      put(static_cast<char32_t>(::towlower_l(static_cast<wint_t>(character), unicode)), result);
    }
  }
  return result;
}

}  // namespace playmirror::text
