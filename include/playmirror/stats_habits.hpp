#pragma once

#include <playmirror/stats_top.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// How music is listened to: skipped, discovered, repeated, mixed.
namespace playmirror {

/// What skip rates are told for.
enum class SkipGroup { none, track, artist, hour, context };

/// How often plays are skipped, of those where it is known.
struct SkipRate {
  std::optional<std::string> key = {};  ///< id, URI, or hour `00` to `23`; none: all plays
  std::optional<std::string> name = {};
  std::int64_t known = 0;
  std::int64_t skipped = 0;
  std::optional<double> rate = {};  ///< skipped / known

  friend bool operator==(const SkipRate&, const SkipRate&) = default;
};

/// What was played for the first time ever, under the same filters but the period.
struct Discovery {
  std::int64_t plays = 0;
  std::int64_t tracks = 0;  ///< different ones in the period
  std::int64_t artists = 0;
  std::int64_t albums = 0;
  std::int64_t new_tracks = 0;  ///< whose first play lies in the period
  std::int64_t new_artists = 0;
  std::int64_t new_albums = 0;
  std::int64_t new_plays = 0;             ///< of tracks that are new in the period
  std::optional<double> track_rate = {};  ///< new_tracks / tracks
  std::optional<double> artist_rate = {};
  std::optional<double> album_rate = {};
  std::optional<double> new_play_share = {};    ///< new_plays / plays
  std::optional<Timestamp> history_start = {};  ///< the first play of all
  bool censored = false;  ///< the period starts less than 90 days after it, so much seems new

  friend bool operator==(const Discovery&, const Discovery&) = default;
};

/// What Discovery tells, of one hour, day, week, month, quarter or year of the local calendar.
struct DiscoveryBucket {
  std::string local_start = {};  ///< as in ActivityBucket
  Timestamp start = {};
  Timestamp end = {};  ///< exclusive
  std::int64_t plays = 0;
  std::int64_t tracks = 0;  ///< different ones
  std::int64_t artists = 0;
  std::int64_t albums = 0;
  std::int64_t new_tracks = 0;  ///< whose first play ever lies in the bucket
  std::int64_t new_artists = 0;
  std::int64_t new_albums = 0;
  std::int64_t new_plays = 0;  ///< of tracks that are new in the bucket
  bool censored = false;       ///< it starts less than 90 days after the history

  friend bool operator==(const DiscoveryBucket&, const DiscoveryBucket&) = default;
};

/// One track again and again.
struct RepeatRun {
  std::string track_id = {};
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  Timestamp first_at = {};
  Timestamp last_at = {};

  friend bool operator==(const RepeatRun&, const RepeatRun&) = default;
};

/// A track that is played again on the days it is played.
struct RepeatedTrack {
  std::string track_id = {};
  std::optional<std::string> name = {};
  std::optional<std::string> artist = {};
  std::int64_t plays = 0;
  std::int64_t days = 0;  ///< local days on which it was played
  double score = 0;       ///< plays / days

  friend bool operator==(const RepeatedTrack&, const RepeatedTrack&) = default;
};

/// How much of the listening is repetition.
struct Repeats {
  std::int64_t plays = 0;   ///< of known tracks
  std::int64_t tracks = 0;  ///< different ones
  std::optional<double> plays_per_track = {};
  std::optional<double> repeat_share = {};        ///< 1 - tracks / plays
  std::optional<RepeatRun> longest_run = {};      ///< a skipped play ends a run
  std::vector<RepeatedTrack> most_repeated = {};  ///< by score, then plays, then id; `limit` rows

  friend bool operator==(const Repeats&, const Repeats&) = default;
};

/// What plays are counted by.
enum class Entity { track, artist, album, genre, context };

/// How evenly plays are spread. Plays whose entity is not known are left out.
struct Diversity {
  std::int64_t richness = 0;             ///< different ones
  double plays = 0;                      ///< their weight together
  std::optional<double> shannon = {};    ///< entropy in nats
  std::optional<double> effective = {};  ///< exp(shannon): as many equal ones
  std::optional<double> evenness = {};   ///< shannon / ln richness; none below 2
  std::optional<double> simpson = {};    ///< 1 - sum of squared shares
  std::optional<double> gini = {};       ///< 0: all equal
  std::optional<double> top_1_share = {};
  std::optional<double> top_10_share = {};
  std::optional<double> top_100_share = {};

  friend bool operator==(const Diversity&, const Diversity&) = default;
};

}  // namespace playmirror
