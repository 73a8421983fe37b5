#include "core/text/json_levels.hpp"

#include <algorithm>

namespace playmirror::text {

std::size_t json_levels(std::string_view text) noexcept {
  std::size_t deepest = 0;
  std::size_t level = 0;
  bool in_string = false;
  for (std::size_t at = 0; at < text.size(); ++at) {
    const char character = text[at];
    if (in_string) {
      if (character == '\\') ++at;
      if (character == '"') in_string = false;
    } else if (character == '"') {
      in_string = true;
    } else if (character == '[' || character == '{') {
      deepest = std::max(deepest, ++level);
    } else if ((character == ']' || character == '}') && level > 0) {
      --level;
    }
  }
  return deepest;
}

}  // namespace playmirror::text
