#pragma once

#include <rapidjson/document.h>
#include <string>
#include <string_view>

namespace playmirror::text {

/// A text as JSON, or what is wrong with it.
struct JsonDocument {
  rapidjson::Document root = {};
  std::string problem = {};  ///< one sentence; empty: it is JSON

  [[nodiscard]] bool is_json() const noexcept { return problem.empty(); }
};

/// Reads the whole text. Numbers are exact, or they are no JSON; nesting takes no stack.
[[nodiscard]] JsonDocument parse_json(std::string_view text);

}  // namespace playmirror::text
