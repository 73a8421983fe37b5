#pragma once

#include <cstddef>
#include <string_view>

namespace playmirror::text {

/// How many arrays and objects lie in each other at the deepest place of a JSON text. Looks at
/// nothing else: what is no JSON has a depth, too.
[[nodiscard]] std::size_t json_levels(std::string_view text) noexcept;

}  // namespace playmirror::text
