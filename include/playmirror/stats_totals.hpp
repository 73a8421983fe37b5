#pragma once

#include <playmirror/period.hpp>
#include <playmirror/stats_top.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Everything at once: sums, comparisons, and how good the data are.
namespace playmirror {

/// All plays in sum. Ratios are missing where they would divide by nothing, and without plays.
struct Totals {
  std::int64_t plays = 0;
  TimeTotal time = {};
  std::int64_t tracks = 0;   ///< different ones, as track_identity counts
  std::int64_t artists = 0;  ///< credited, as artist_credit counts
  std::int64_t albums = 0;
  std::int64_t genres = 0;
  std::int64_t active_days = 0;  ///< local days with a play
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};
  std::optional<double> plays_per_active_day = {};
  std::optional<double> ms_per_active_day = {};
  std::optional<std::int64_t> calendar_days = {};  ///< that a bounded period has had until now
  std::optional<double> plays_per_calendar_day = {};
  std::optional<double> ms_per_calendar_day = {};

  friend bool operator==(const Totals&, const Totals&) = default;
};

/// A number in two periods.
struct ComparedNumber {
  std::string name = {};  ///< such as "plays"
  std::int64_t value = 0;
  std::int64_t base = 0;
  std::int64_t delta = 0;            ///< value - base
  std::optional<double> ratio = {};  ///< value / base; none when base is 0

  friend bool operator==(const ComparedNumber&, const ComparedNumber&) = default;
};

/// A track or an artist in two ranked lists.
struct RankMove {
  std::string id = {};
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  std::int64_t base_plays = 0;
  std::optional<std::int64_t> rank = {};         ///< none: left
  std::optional<std::int64_t> base_rank = {};    ///< none: entered
  std::optional<std::int64_t> rank_change = {};  ///< places won; negative: lost

  friend bool operator==(const RankMove&, const RankMove&) = default;
};

/// Two periods side by side.
struct Comparison {
  Span span = {};
  Span base_span = {};
  std::vector<ComparedNumber> numbers = {};  ///< of Totals

  /// The first `limit` of either list: by rank, then those that left by their base rank.
  std::vector<RankMove> tracks = {};
  std::vector<RankMove> artists = {};  ///< likewise

  friend bool operator==(const Comparison&, const Comparison&) = default;
};

/// How many of the plays counted have which gap or oddity.
struct DataQuality {
  std::int64_t plays = 0;
  std::int64_t null_listened = 0;
  std::int64_t negative_listened = 0;
  std::int64_t over_long = 0;  ///< listened longer than the track lasts
  std::int64_t null_skipped = 0;
  std::int64_t null_source = 0;
  std::int64_t null_context = 0;
  std::int64_t no_time = 0;               ///< played_at is NULL or infinite
  std::int64_t future = 0;                ///< played_at is after `now`
  std::int64_t equal_timestamps = 0;      ///< at an instant that another play has
  std::int64_t duplicate_candidates = 0;  ///< that Dedupe::near would drop
  std::int64_t no_track = 0;              ///< the track is NULL or not in `tracks`
  std::int64_t no_duration = 0;
  std::int64_t no_artists = 0;
  std::int64_t no_genres = 0;
  std::int64_t no_features = 0;            ///< every audio feature is NULL
  std::int64_t out_of_range_features = 0;  ///< one is outside of its documented range

  /// The mirror leaves out earlier plays (PullOptions::plays_since), and the period reaches back
  /// further: every statistic over it counts too few.
  std::optional<Timestamp> plays_since = {};

  friend bool operator==(const DataQuality&, const DataQuality&) = default;
};

}  // namespace playmirror
