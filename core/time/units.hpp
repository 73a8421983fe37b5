/// \file
/// Days, weeks, months, quarters and years of the calendar, as numbers of days since 2000-01-01.
#pragma once

#include "core/time/calendar.hpp"

#include <playmirror/period.hpp>

#include <cstdint>

namespace playmirror::calendar {

/// 0 is Monday.
constexpr int weekday_of(std::int64_t day) noexcept {
  return static_cast<int>(floor_divide(day + 5, 7).remainder);  // 2000-01-01 was a Saturday
}

/// The first day of a month, counted from January of the year 0.
constexpr std::int64_t month_begin(std::int64_t month) noexcept {
  const auto [year, rest] = floor_divide(month, 12);
  return days_of({year, static_cast<unsigned>(rest + 1), 1});
}

constexpr std::int64_t month_of(std::int64_t day) noexcept {
  const Date date = date_of(day);
  return date.year * 12 + date.month - 1;
}

/// Months in the unit; 0 for those that are days.
constexpr std::int64_t months_in(Unit unit) noexcept {
  return unit == Unit::month ? 1 : unit == Unit::quarter ? 3 : unit == Unit::year ? 12 : 0;
}

/// The first day of the unit, a day or longer, that `day` lies in.
constexpr std::int64_t unit_begin(Unit unit, std::int64_t day, Weekday week_start) noexcept {
  if (const std::int64_t months = months_in(unit)) {
    return month_begin(floor_divide(month_of(day), months).quotient * months);
  }
  if (unit != Unit::week) return day;
  return day - floor_divide(weekday_of(day) - static_cast<int>(week_start), 7).remainder;
}

/// The first day of the unit that many units after the one that begins on `first`.
constexpr std::int64_t unit_after(Unit unit, std::int64_t first, std::int64_t count) noexcept {
  if (const std::int64_t months = months_in(unit)) {
    return month_begin(month_of(first) + count * months);
  }
  return first + count * (unit == Unit::week ? 7 : 1);
}

}  // namespace playmirror::calendar
