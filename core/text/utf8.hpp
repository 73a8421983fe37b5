#pragma once

#include <string>
#include <string_view>

namespace playmirror::text {

/// Whether the bytes are well-formed UTF-8: no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// The text with U+FFFD for each byte that is in no well-formed character.
[[nodiscard]] std::string with_replacements(std::string_view bytes);

/// Calls `use` with the text as UTF-8, as which others take it without a look.
template <typename Use>
void call_with_utf8(std::string_view bytes, Use use) {
  if (is_utf8(bytes)) return use(bytes);
  use(std::string_view(with_replacements(bytes)));
}

/// Whether PostgreSQL takes the bytes as UTF8 text: UTF-8 without NUL.
[[nodiscard]] bool is_server_text(std::string_view bytes) noexcept;

}  // namespace playmirror::text
