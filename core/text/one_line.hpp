#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace playmirror::text {

/// Foreign text made fit to be shown: one line of valid UTF-8 without control characters, at most
/// `limit` bytes long, "..." at the end of one that was longer.
[[nodiscard]] std::string one_line(std::string_view text, std::size_t limit);

}  // namespace playmirror::text
