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

/// Much about one thing: a track, an artist, a year.
namespace playmirror {

/// The week or month with most plays; the earliest of equals.
struct Peak {
  std::chrono::year_month_day first_day = {};
  std::int64_t plays = 0;

  friend bool operator==(const Peak&, const Peak&) = default;
};

/// Who stands next to a track or an artist in the ranking.
struct RankNeighbour {
  std::string id = {};
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  std::int64_t position = 0;
  std::int64_t rank = 0;

  friend bool operator==(const RankNeighbour&, const RankNeighbour&) = default;
};

/// One track or artist in a history. Without plays, all but the id and the name is zero or missing.
struct EntityProfile {
  std::string id = {};  ///< of the track that stands for all it is
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  TimeTotal time = {};
  std::int64_t days = 0;  ///< local days with a play
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};
  std::optional<double> share = {};           ///< of all plays counted
  std::optional<std::int64_t> position = {};  ///< 1, 2, 3, 4
  std::optional<std::int64_t> rank = {};      ///< 1, 2, 2, 4
  std::int64_t of = 0;                        ///< how many there are to rank
  std::optional<Peak> best_week = {};
  std::optional<Peak> best_month = {};
  std::vector<RankNeighbour> neighbours = {};  ///< two before and two behind it, by position

  friend bool operator==(const EntityProfile&, const EntityProfile&) = default;
};

/// A year of listening. Ranked lists have StatsFilter::limit rows.
struct YearInReview {
  std::int64_t year = 0;
  Totals totals = {};
  std::vector<TopTrack> tracks = {};
  std::vector<TopArtist> artists = {};
  std::vector<TopAlbum> albums = {};
  Genres genres = {};
  std::vector<ActivityBucket> months = {};  ///< all twelve
  Discovery discovery = {};
  std::optional<Streak> longest_streak = {};
  std::optional<Session> longest_session = {};
  std::optional<RepeatedTrack> most_replayed = {};  ///< most plays per day it was played
  Eras eras = {};                                   ///< by decade
  AudioProfile audio = {};
  Comparison compare = {};  ///< with the year before

  friend bool operator==(const YearInReview&, const YearInReview&) = default;
};

}  // namespace playmirror
