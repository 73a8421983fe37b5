/// \file
/// The proleptic Gregorian calendar over all of PostgreSQL's range, by std::chrono. That one ends
/// at the year 32767, but the calendar repeats after 400 years, so a date is moved into a year that
/// chrono knows and the cycles are added afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

namespace playmirror::calendar {

inline constexpr std::int64_t kMicrosPerSecond = 1'000'000;
inline constexpr std::int64_t kMicrosPerDay = 86'400 * kMicrosPerSecond;
inline constexpr std::int64_t kDaysPerCycle = 146'097;  ///< 400 years
inline constexpr std::chrono::sys_days kEpoch =
    std::chrono::year(2000) / std::chrono::January / 1;  ///< PostgreSQL's day 0

/// A day; years before 1 are astronomical: 0 is 1 BC.
struct Date {
  std::int64_t year = 2000;
  unsigned month = 1;
  unsigned day = 1;
};

struct Division {
  std::int64_t quotient;
  std::int64_t remainder;  ///< never negative
};

constexpr Division floor_divide(std::int64_t number, std::int64_t divisor) noexcept {
  const Division division{number / divisor, number % divisor};
  if (division.remainder >= 0) return division;
  return {division.quotient - 1, division.remainder + divisor};
}

constexpr std::chrono::year_month_day in_chrono_cycle(const Date& date) noexcept {
  const auto year = static_cast<int>(2000 + floor_divide(date.year, 400).remainder);
  return std::chrono::year(year) / std::chrono::month(date.month) / std::chrono::day(date.day);
}

/// Whether the month has such a day.
constexpr bool exists(const Date& date) noexcept { return in_chrono_cycle(date).ok(); }

/// Days since 2000-01-01 of a date that exists.
constexpr std::int64_t days_of(const Date& date) noexcept {
  const auto days = std::chrono::sys_days(in_chrono_cycle(date)) - kEpoch;
  return days.count() + (floor_divide(date.year, 400).quotient - 5) * kDaysPerCycle;
}

/// The date that many days after 2000-01-01.
constexpr Date date_of(std::int64_t days) noexcept {
  const auto [cycle, day] = floor_divide(days, kDaysPerCycle);
  const std::chrono::year_month_day date{kEpoch + std::chrono::days(day)};
  return {static_cast<int>(date.year()) + cycle * 400, static_cast<unsigned>(date.month()),
          static_cast<unsigned>(date.day())};
}

/// Microseconds from 2000-01-01 to that time of that day; nothing for a day that does not exist or
/// for more than an integer holds.
constexpr std::optional<std::int64_t> micros_of(const Date& date, std::int64_t of_day) noexcept {
  std::int64_t micros = 0;
  if (!exists(date) || __builtin_mul_overflow(days_of(date), kMicrosPerDay, &micros) ||
      __builtin_add_overflow(micros, of_day, &micros)) {
    return std::nullopt;
  }
  return micros;
}

}  // namespace playmirror::calendar
