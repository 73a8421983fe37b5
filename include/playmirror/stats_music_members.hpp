/// \file
/// The members of what stats_music.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats_music.hpp>
#include <playmirror/stats_top_members.hpp>

#include <array>
#include <tuple>

namespace playmirror {

template <>
struct Members<Genres> {
  static constexpr auto kName = "Genres";
  static constexpr std::tuple kAll{
      Member{"plays", &Genres::plays},
      Member{"plays_unknown", &Genres::plays_unknown},
      Member{"unknown_share", &Genres::unknown_share},
      Member{"genres", &Genres::genres},
  };
};

template <>
struct Members<Daypart> {
  static constexpr auto kName = "Daypart";
  static constexpr std::array kAll{
      Name{Daypart::night, "night"},
      Name{Daypart::morning, "morning"},
      Name{Daypart::afternoon, "afternoon"},
      Name{Daypart::evening, "evening"},
  };
};

template <>
struct Members<DaypartGenre> {
  static constexpr auto kName = "DaypartGenre";
  static constexpr std::tuple kAll{
      Member{"daypart", &DaypartGenre::daypart}, Member{"genre", &DaypartGenre::genre},
      Member{"plays", &DaypartGenre::plays},     Member{"weight", &DaypartGenre::weight},
      Member{"share", &DaypartGenre::share},
  };
};

template <>
struct Members<EraUnit> {
  static constexpr auto kName = "EraUnit";
  static constexpr std::array kAll{
      Name{EraUnit::year, "year"},
      Name{EraUnit::decade, "decade"},
  };
};

template <>
struct Members<Era> {
  static constexpr auto kName = "Era";
  static constexpr std::tuple kAll{
      Member{"label", &Era::label}, Member{"first_year", &Era::first_year},
      Member{"plays", &Era::plays}, Member{"time", &Era::time},
      Member{"share", &Era::share},
  };
};

template <>
struct Members<Eras> {
  static constexpr auto kName = "Eras";
  static constexpr std::tuple kAll{
      Member{"plays", &Eras::plays},
      Member{"plays_unknown", &Eras::plays_unknown},
      Member{"unknown_share", &Eras::unknown_share},
      Member{"median_year", &Eras::median_year},
      Member{"eras", &Eras::eras},
  };
};

template <>
struct Members<FeatureProfile> {
  static constexpr auto kName = "FeatureProfile";
  static constexpr std::tuple kAll{
      Member{"feature", &FeatureProfile::feature},   Member{"n", &FeatureProfile::n},
      Member{"coverage", &FeatureProfile::coverage}, Member{"mean", &FeatureProfile::mean},
      Member{"stddev", &FeatureProfile::stddev},     Member{"min", &FeatureProfile::min},
      Member{"p10", &FeatureProfile::p10},           Member{"median", &FeatureProfile::median},
      Member{"p90", &FeatureProfile::p90},           Member{"max", &FeatureProfile::max},
  };
};

template <>
struct Members<TimeSignatureCount> {
  static constexpr auto kName = "TimeSignatureCount";
  static constexpr std::tuple kAll{
      Member{"time_signature", &TimeSignatureCount::time_signature},
      Member{"plays", &TimeSignatureCount::plays},
  };
};

template <>
struct Members<AudioProfile> {
  static constexpr auto kName = "AudioProfile";
  static constexpr std::tuple kAll{
      Member{"plays", &AudioProfile::plays},
      Member{"features", &AudioProfile::features},
      Member{"keys", &AudioProfile::keys},
      Member{"key_unknown", &AudioProfile::key_unknown},
      Member{"major", &AudioProfile::major},
      Member{"minor", &AudioProfile::minor},
      Member{"mode_unknown", &AudioProfile::mode_unknown},
      Member{"major_share", &AudioProfile::major_share},
      Member{"time_signatures", &AudioProfile::time_signatures},
  };
};

template <>
struct Members<FeatureTrend> {
  static constexpr auto kName = "FeatureTrend";
  static constexpr std::tuple kAll{
      Member{"local_start", &FeatureTrend::local_start},
      Member{"start", &FeatureTrend::start},
      Member{"end", &FeatureTrend::end},
      Member{"feature", &FeatureTrend::feature},
      Member{"n", &FeatureTrend::n},
      Member{"mean", &FeatureTrend::mean},
  };
};

}  // namespace playmirror
