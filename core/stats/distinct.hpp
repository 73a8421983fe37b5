/// \file
/// Counting in how many units of the local calendar a thing occurs, while plays come in order of
/// time.
#pragma once

#include <cstdint>
#include <limits>

namespace playmirror::stats {

/// The days, weeks or buckets of a series in which one thing was met. They come in order, but where
/// clocks are put back over midnight the one before the latest comes again, as in St. John's, where
/// 00:01 was followed by 23:01 of the day before. So the last two are remembered.
struct MetUnits {
  std::int32_t latest = std::numeric_limits<std::int32_t>::min();
  std::int32_t before = std::numeric_limits<std::int32_t>::min();

  /// Whether the thing is met in the unit for the first time.
  bool first(std::int64_t number) noexcept {
    const auto unit = static_cast<std::int32_t>(number);  // days of 10,000 years, or fewer
    if (unit < latest) [[unlikely]] {
      const bool is_first = unit != before;
      before = unit;
      return is_first;
    }
    // No branch: whether a track was played on that day before nobody guesses.
    const std::int32_t is_new = -static_cast<std::int32_t>(unit != latest);
    before = (latest & is_new) | (before & ~is_new);
    latest = unit;
    return is_new != 0;
  }
};

}  // namespace playmirror::stats
