/// \file
/// The members of what stats_rhythm.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_rhythm.hpp>
#include <playmirror/stats_top_members.hpp>

#include <array>
#include <tuple>

namespace playmirror {

template <>
struct Members<ActivityBucket> {
  static constexpr auto kName = "ActivityBucket";
  static constexpr std::tuple kAll{
      Member{"local_start", &ActivityBucket::local_start},
      Member{"start", &ActivityBucket::start},
      Member{"end", &ActivityBucket::end},
      Member{"plays", &ActivityBucket::plays},
      Member{"time", &ActivityBucket::time},
      Member{"tracks", &ActivityBucket::tracks},
      Member{"artists", &ActivityBucket::artists},
  };
};

template <>
struct Members<Attribution> {
  static constexpr auto kName = "Attribution";
  static constexpr std::array kAll{
      Name{Attribution::at_timestamp, "at_timestamp"},
      Name{Attribution::spread, "spread"},
  };
};

template <>
struct Members<ClockHour> {
  static constexpr auto kName = "ClockHour";
  static constexpr std::tuple kAll{
      Member{"hour", &ClockHour::hour},
      Member{"plays", &ClockHour::plays},
      Member{"time", &ClockHour::time},
  };
};

template <>
struct Members<HeatmapCell> {
  static constexpr auto kName = "HeatmapCell";
  static constexpr std::tuple kAll{
      Member{"weekday", &HeatmapCell::weekday},
      Member{"hour", &HeatmapCell::hour},
      Member{"plays", &HeatmapCell::plays},
      Member{"time", &HeatmapCell::time},
  };
};

template <>
struct Members<Streak> {
  static constexpr auto kName = "Streak";
  static constexpr std::tuple kAll{
      Member{"first_day", &Streak::first_day},
      Member{"last_day", &Streak::last_day},
      Member{"days", &Streak::days},
      Member{"plays", &Streak::plays},
  };
};

template <>
struct Members<Streaks> {
  static constexpr auto kName = "Streaks";
  static constexpr std::tuple kAll{
      Member{"longest", &Streaks::longest},
      Member{"current", &Streaks::current},
      Member{"streaks", &Streaks::streaks},
  };
};

template <>
struct Members<Session> {
  static constexpr auto kName = "Session";
  static constexpr std::tuple kAll{
      Member{"start", &Session::start},   Member{"end", &Session::end},
      Member{"plays", &Session::plays},   Member{"ms", &Session::ms},
      Member{"tracks", &Session::tracks}, Member{"artists", &Session::artists},
      Member{"skips", &Session::skips},
  };
};

template <>
struct Members<Sessions> {
  static constexpr auto kName = "Sessions";
  static constexpr std::tuple kAll{
      Member{"gap", &Sessions::gap},
      Member{"count", &Sessions::count},
      Member{"mean_length_ms", &Sessions::mean_length_ms},
      Member{"median_length_ms", &Sessions::median_length_ms},
      Member{"p90_length_ms", &Sessions::p90_length_ms},
      Member{"mean_plays", &Sessions::mean_plays},
      Member{"median_plays", &Sessions::median_plays},
      Member{"p90_plays", &Sessions::p90_plays},
      Member{"longest", &Sessions::longest},
  };
};

}  // namespace playmirror
