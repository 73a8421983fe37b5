/// Stats::streaks: days in a row.

#include "core/stats/answer.hpp"
#include "core/stats/plays_by_day.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

namespace playmirror {
namespace {

std::chrono::year_month_day to_date(std::int64_t day) {
  return calendar::kEpoch + std::chrono::days(day);
}

/// Whether `day` is the next one after `last`. A date that the zone's calendar skips never was: in
/// Samoa, 31 December 2011 came after the 29th.
bool follows(const Zone& zone, std::int64_t last, std::int64_t day) {
  return day == last + 1 || (day > last && zone.day_begin(last + 1) == zone.day_begin(day));
}

}  // namespace

Streaks Stats::streaks(const StatsFilter& filter, std::int64_t min_plays,
                       std::optional<Timestamp> as_of) const {
  if (min_plays < 1) {
    raise(ErrorCode::invalid_argument, "min_plays is less than 1",
          {.hint = "1 counts every day with a play."});
  }
  return of_selection(filter, [&](const stats::Selection& selection) {
    const Timestamp moment = as_of ? *as_of : selection.now();
    if (!moment.is_finite()) {
      raise(ErrorCode::invalid_argument, "as_of is infinite",
            {.hint = "Give an instant, or nothing for the filter's `now`."});
    }
    const std::int64_t today =
        calendar::floor_divide(selection.zone().local(moment.postgres_micros()),
                               calendar::kMicrosPerDay)
            .quotient;
    Streaks result;
    const auto reaches_today = [&](const Streak& streak) {
      const std::int64_t end = (std::chrono::sys_days(streak.last_day) - calendar::kEpoch).count();
      return end == today || follows(selection.zone(), end, today);
    };
    std::int64_t last = 0;
    for (const auto& [each, count] : stats::plays_by_day(selection)) {
      if (count < min_plays) continue;
      if (result.streaks.empty() || !follows(selection.zone(), last, each)) {
        result.streaks.push_back({.first_day = to_date(each)});
      }
      Streak& streak = result.streaks.back();
      streak.last_day = to_date(each);
      ++streak.days;
      streak.plays += count;
      last = each;
    }
    for (const Streak& streak : result.streaks) {
      if (reaches_today(streak)) result.current = streak;
      if (!result.longest || streak.days > result.longest->days) result.longest = streak;
    }
    return result;
  });
}

}  // namespace playmirror
