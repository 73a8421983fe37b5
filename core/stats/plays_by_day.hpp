/// \file
/// How many plays lie in each local day that has any.
#pragma once

#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/unit_runs.hpp"

#include <cstddef>
#include <cstdint>
#include <map>

namespace playmirror::stats {

/// By the day, counted from 2000-01-01. Takes memory for days with plays only, wherever they lie.
[[nodiscard]] inline std::map<std::int64_t, std::int64_t> plays_by_day(const Selection& selection) {
  std::map<std::int64_t, std::int64_t> days;
  LocalUnits local = LocalUnits::days(selection.zone());
  selection.scan(in_calendar(selection.period()), Column::played_at, [&](const Rows& rows) {
    each_run(rows, local, [&](std::int64_t day, std::size_t begin, std::size_t end) {
      days[day] += static_cast<std::int64_t>(end - begin);
    });
  });
  return days;
}

}  // namespace playmirror::stats
