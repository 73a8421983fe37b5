#pragma once

#include <string_view>

namespace playmirror::text {

/// Whether the bytes are well-formed UTF-8: no surrogates, nothing above U+10FFFF.
[[nodiscard]] bool is_utf8(std::string_view bytes) noexcept;

/// Whether PostgreSQL takes the bytes as UTF8 text: UTF-8 without NUL.
[[nodiscard]] bool is_server_text(std::string_view bytes) noexcept;

}  // namespace playmirror::text
