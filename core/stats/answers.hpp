#pragma once

#include "core/columns/play_batch.hpp"
#include "core/stats/local_time.hpp"

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Values of the columns as answers have them: on their own, and typed.
namespace playmirror::stats {

[[nodiscard]] inline std::optional<std::string> own_text(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

/// Nothing where there is no time, or an infinite one.
[[nodiscard]] inline std::optional<Timestamp> finite_instant(std::int64_t unix_micros) {
  if (!columns::is_finite_time(unix_micros)) return std::nullopt;
  return to_timestamp(unix_micros);
}

}  // namespace playmirror::stats
