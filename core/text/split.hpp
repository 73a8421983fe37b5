#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace playmirror::text {

/// The pieces of a text between separators. An empty text has none, nor is there one behind a
/// separator at the end.
[[nodiscard]] std::vector<std::string> split(std::string_view text, char separator);

}  // namespace playmirror::text
