#pragma once

#include <cstdint>
#include <optional>

namespace playmirror::stats {

/// `part` by `whole`; nothing when there is no whole.
[[nodiscard]] inline std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

}  // namespace playmirror::stats
