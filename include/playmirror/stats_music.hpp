#pragma once

#include <playmirror/stats_top.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What kind of music is played: genres, years, sound.
namespace playmirror {

/// The genres of the plays, and how many plays have none.
struct Genres {
  std::int64_t plays = 0;
  std::int64_t plays_unknown = 0;  ///< whose artists have no genre, or are not known
  std::optional<double> unknown_share = {};
  std::vector<TopGenre> genres = {};  ///< known ones, ranked

  friend bool operator==(const Genres&, const Genres&) = default;
};

/// A quarter of the local day.
enum class Daypart {
  night,      ///< 0 to 6
  morning,    ///< 6 to 12
  afternoon,  ///< 12 to 18
  evening,    ///< 18 to 24
};

/// A genre in one part of the day.
struct DaypartGenre {
  Daypart daypart = Daypart::night;
  std::optional<std::string> genre = {};  ///< none: not known
  std::int64_t plays = 0;
  double weight = 0;  ///< plays as GenreWeight counts them
  double share = 0;   ///< of the plays in that part of the day

  friend bool operator==(const DaypartGenre&, const DaypartGenre&) = default;
};

/// How wide an era is.
enum class EraUnit { year, decade };

/// Plays of music that came out in a year or a decade.
struct Era {
  std::string label = {};  ///< `1997` or `1990s`
  std::int64_t first_year = 0;
  std::int64_t plays = 0;
  TimeTotal time = {};
  double share = 0;  ///< of all plays

  friend bool operator==(const Era&, const Era&) = default;
};

/// When the music came out, over all plays.
struct Eras {
  std::int64_t plays = 0;
  std::int64_t plays_unknown = 0;  ///< no year, or one before 1800 or after next year
  std::optional<double> unknown_share = {};
  std::optional<double> median_year = {};  ///< over plays
  std::vector<Era> eras = {};              ///< those with plays, in order of time

  friend bool operator==(const Eras&, const Eras&) = default;
};

/// One audio feature over the plays whose track has it; `n` of them. Each play counts once.
struct FeatureProfile {
  std::string feature = {};  ///< a column of `tracks`, such as "valence"
  std::int64_t n = 0;
  std::optional<double> coverage = {};  ///< n / plays
  std::optional<double> mean = {};
  std::optional<double> stddev = {};  ///< of the population
  std::optional<double> min = {};
  std::optional<double> p10 = {};
  std::optional<double> median = {};
  std::optional<double> p90 = {};
  std::optional<double> max = {};

  friend bool operator==(const FeatureProfile&, const FeatureProfile&) = default;
};

/// Plays of tracks with one time signature.
struct TimeSignatureCount {
  std::optional<std::int64_t> time_signature = {};  ///< beats per bar; none: not known
  std::int64_t plays = 0;

  friend bool operator==(const TimeSignatureCount&, const TimeSignatureCount&) = default;
};

/// How the music sounds that was played.
struct AudioProfile {
  std::int64_t plays = 0;
  std::vector<FeatureProfile> features = {};
  std::vector<std::int64_t> keys = {};  ///< plays by pitch class 0 to 11
  std::int64_t key_unknown = 0;
  std::int64_t major = 0;
  std::int64_t minor = 0;
  std::int64_t mode_unknown = 0;
  std::optional<double> major_share = {};                ///< of the plays whose mode is known
  std::vector<TimeSignatureCount> time_signatures = {};  ///< in order, the unknown last

  friend bool operator==(const AudioProfile&, const AudioProfile&) = default;
};

/// The mean of an audio feature in one bucket of time.
struct FeatureTrend {
  std::string local_start = {};  ///< as in ActivityBucket
  Timestamp start = {};
  Timestamp end = {};  ///< exclusive
  std::string feature = {};
  std::int64_t n = 0;               ///< plays whose track has the feature
  std::optional<double> mean = {};  ///< none without any

  friend bool operator==(const FeatureTrend&, const FeatureTrend&) = default;
};

}  // namespace playmirror
