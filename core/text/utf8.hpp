#pragma once

#include <string_view>

namespace playmirror::text {

/// Whether PostgreSQL takes the bytes as UTF8 text: well-formed, no surrogates, nothing above
/// U+10FFFF, no NUL.
[[nodiscard]] bool is_server_text(std::string_view bytes) noexcept;

}  // namespace playmirror::text
