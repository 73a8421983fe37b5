#pragma once

#include <string>
#include <string_view>

namespace playmirror::text {

/// The text with every letter in lower case, character by character, as PostgreSQL's lower() does
/// in a UTF-8 database. Bytes that are not UTF-8 stay as they are.
[[nodiscard]] std::string lower(std::string_view utf8);

}  // namespace playmirror::text
