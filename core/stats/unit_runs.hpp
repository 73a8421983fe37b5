/// \file
/// Plays in order of time fall into runs within one local hour or day, of which only the ends are
/// to be found.
#pragma once

#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>

namespace playmirror::stats {

/// The first of the rows, from `from` on, at `time` or later. Quick where it is near.
[[nodiscard]] inline std::size_t first_at_or_after(const Rows& rows, std::size_t from,
                                                   std::int64_t time) noexcept {
  const auto is_before = [&](std::size_t i) { return rows.batch().played_at[rows[i]] < time; };
  std::size_t low = from;
  std::size_t step = 1;
  while (low + step <= rows.size() && is_before(low + step - 1)) {
    low += step;
    step *= 2;
  }
  std::size_t high = std::min(low + step - 1, rows.size());
  while (low < high) {
    const std::size_t middle = low + (high - low) / 2;
    if (is_before(middle)) {
      low = middle + 1;
    } else {
      high = middle;
    }
  }
  return low;
}

/// Calls visit(unit, begin, end) for each run of rows that lie in one unit of the local calendar,
/// or in a part of one: the rows [begin, end), in order. Leaves out what lies outside the calendar.
template <typename Visit>
void each_run(const Rows& rows, LocalUnits& units, Visit&& visit) {
  const columns::Period calendar = in_calendar({});
  std::size_t begin = first_at_or_after(rows, 0, *calendar.since);
  const std::size_t last = first_at_or_after(rows, begin, *calendar.until);
  while (begin < last) {
    const std::int64_t unit = units.at(rows.batch().played_at[rows[begin]]);
    const std::size_t end = std::min(first_at_or_after(rows, begin + 1, units.end()), last);
    visit(unit, begin, end);
    begin = end;
  }
}

}  // namespace playmirror::stats
