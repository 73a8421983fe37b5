#pragma once

#include <playmirror/period.hpp>
#include <playmirror/stats_top.hpp>
#include <playmirror/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// When music is played. Only plays at an instant of the years 1 to 9999 have a place here.
namespace playmirror {

/// One hour, day, week, ... of a series without holes.
struct ActivityBucket {
  std::string local_start = {};  ///< `2026-01-31`, for hours `2026-01-31T05:00`
  Timestamp start = {};
  Timestamp end = {};  ///< exclusive
  std::int64_t plays = 0;
  TimeTotal time = {};
  std::int64_t tracks = 0;   ///< different ones
  std::int64_t artists = 0;  ///< different ones

  friend bool operator==(const ActivityBucket&, const ActivityBucket&) = default;
};

/// Where the time of a play goes that reaches over the full hour.
enum class Attribution {
  at_timestamp,  ///< all of it to the hour of played_at
  spread,        ///< to the hours that the play covers
};

/// An hour of the local day, over all days.
struct ClockHour {
  std::int64_t hour = 0;  ///< 0 to 23
  std::int64_t plays = 0;
  TimeTotal time = {};

  friend bool operator==(const ClockHour&, const ClockHour&) = default;
};

/// An hour of the local week, over all weeks.
struct HeatmapCell {
  Weekday weekday = Weekday::monday;
  std::int64_t hour = 0;  ///< 0 to 23
  std::int64_t plays = 0;
  TimeTotal time = {};

  friend bool operator==(const HeatmapCell&, const HeatmapCell&) = default;
};

/// Local days in a row that all had enough plays.
struct Streak {
  std::chrono::year_month_day first_day = {};
  std::chrono::year_month_day last_day = {};
  std::int64_t days = 0;
  std::int64_t plays = 0;

  friend bool operator==(const Streak&, const Streak&) = default;
};

/// The days in a row of a history.
struct Streaks {
  std::optional<Streak> longest = {};  ///< the earliest of equals
  std::optional<Streak> current = {};  ///< ends on the day of `as_of` or the day before
  std::vector<Streak> streaks = {};    ///< all, in order of time

  friend bool operator==(const Streaks&, const Streaks&) = default;
};

/// Plays with no long silence between them.
struct Session {
  Timestamp start = {};
  Timestamp end = {};
  std::int64_t plays = 0;
  std::int64_t ms = 0;       ///< listening time, measured and estimated
  std::int64_t tracks = 0;   ///< different ones
  std::int64_t artists = 0;  ///< different ones
  std::int64_t skips = 0;

  friend bool operator==(const Session&, const Session&) = default;
};

/// Sessions in sum. Lengths are from start to end, in milliseconds. Percentiles interpolate between
/// neighbours.
struct Sessions {
  std::chrono::milliseconds gap{0};  ///< the silence that ends a session
  std::int64_t count = 0;
  std::optional<double> mean_length_ms = {};
  std::optional<double> median_length_ms = {};
  std::optional<double> p90_length_ms = {};
  std::optional<double> mean_plays = {};
  std::optional<double> median_plays = {};
  std::optional<double> p90_plays = {};
  std::optional<Session> longest = {};  ///< by length; the earliest of equals

  friend bool operator==(const Sessions&, const Sessions&) = default;
};

}  // namespace playmirror
