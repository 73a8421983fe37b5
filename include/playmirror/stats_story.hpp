#pragma once

#include <playmirror/stats_habits.hpp>
#include <playmirror/stats_music.hpp>
#include <playmirror/stats_rhythm.hpp>
#include <playmirror/stats_top.hpp>
#include <playmirror/stats_totals.hpp>
#include <playmirror/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// What stands out in a history: phases, returns, round numbers, whole years.
namespace playmirror {

/// An artist that took a large part of a week.
struct Obsession {
  std::chrono::year_month_day week = {};  ///< its first day
  std::string artist_id = {};
  std::optional<std::string> name = {};
  std::int64_t plays = 0;       ///< that credit the artist
  std::int64_t week_plays = 0;  ///< all plays of that week
  double share = 0;             ///< plays / week_plays

  friend bool operator==(const Obsession&, const Obsession&) = default;
};

/// How regularly an artist is played.
struct Loyalty {
  std::string artist_id = {};
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  double median_days = 0;  ///< between one play and the next
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const Loyalty&, const Loyalty&) = default;
};

/// The first play of a track after a long time without.
struct Comeback {
  std::string track_id = {};
  std::optional<std::string> name = {};
  std::optional<std::string> artist = {};
  Timestamp last_at = {};  ///< the play before
  Timestamp back_at = {};
  double days = 0;  ///< between the two

  friend bool operator==(const Comeback&, const Comeback&) = default;
};

/// Every n-th play.
struct Milestone {
  std::int64_t number = 0;  ///< of the play, counted from 1
  std::int64_t id = 0;      ///< of the play
  Timestamp played_at = {};
  std::optional<std::string> track_id = {};
  std::optional<std::string> name = {};
  std::optional<std::string> artist = {};

  friend bool operator==(const Milestone&, const Milestone&) = default;
};

/// Plays by the mood of their track: valence and energy, each below 0.5 or not.
struct Moods {
  std::int64_t plays = 0;
  std::int64_t happy = 0;    ///< high valence, high energy
  std::int64_t angry = 0;    ///< low valence, high energy
  std::int64_t calm = 0;     ///< high valence, low energy
  std::int64_t sad = 0;      ///< low valence, low energy
  std::int64_t unknown = 0;  ///< one of the two is not known
  std::optional<double> unknown_share = {};
  std::vector<std::int64_t> grid = {};  ///< plays by tenth of energy, then of valence: 100

  friend bool operator==(const Moods&, const Moods&) = default;
};

/// How much of its track a play lasted. Of plays whose listened_ms and duration are known.
struct Completion {
  std::int64_t plays = 0;
  std::int64_t known = 0;
  std::vector<std::int64_t> tenths = {};       ///< plays by tenth of the duration: 10, then whole
  std::optional<double> completed_share = {};  ///< of the known, those of 0.9 or more

  friend bool operator==(const Completion&, const Completion&) = default;
};

/// One of the leading tracks, artists or genres in one bucket of time.
struct EvolutionPoint {
  std::string key = {};  ///< id; of a genre its name
  std::optional<std::string> name = {};
  std::string local_start = {};  ///< as in ActivityBucket
  Timestamp start = {};
  std::int64_t plays = 0;
  std::optional<std::int64_t> rank = {};  ///< among them; none without plays

  friend bool operator==(const EvolutionPoint&, const EvolutionPoint&) = default;
};

}  // namespace playmirror
