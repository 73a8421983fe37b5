#pragma once

#include <string>
#include <string_view>

namespace playmirror::text {

/// What two texts have in common that differ in nothing but case: Unicode's full case folding, so
/// that `Straße` and `STRASSE` are one, and so are the three small and great sigmas. For comparing,
/// not for show. Bytes that are not UTF-8 stay as they are.
[[nodiscard]] std::string fold(std::string_view utf8);

}  // namespace playmirror::text
