#pragma once

#include <playmirror/period.hpp>
#include <playmirror/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

/// Which plays a statistic counts, and how. docs/statistics.md explains every choice.
namespace playmirror {

/// What counts as listening, beside StatsFilter::min_listened_ms.
enum class ListenRule {
  all,          ///< every row
  spotify_30s,  ///< listened 30 s or more
  scrobble,     ///< a track of 30 s or more, listened to its half or for 4 minutes
};

/// Rows whose listened_ms is unknown, when a rule asks for it.
enum class NullListened { keep, drop };

/// Which plays count by whether they were skipped.
enum class Skips {
  include,          ///< every row
  exclude,          ///< without the skipped ones
  exclude_unknown,  ///< only those known not to be skipped
  only,             ///< only those known to be skipped
};

/// Where the time of a play comes from.
enum class TimeBasis {
  measured_or_duration,  ///< listened_ms, else the track's duration, counted as estimated
  measured_only,         ///< listened_ms
};

/// Whose play it is, for a track with several artists.
enum class ArtistCredit {
  each,     ///< one play for each of them: shares may add up to more than 1
  split,    ///< an equal part of it for each
  primary,  ///< the one that raw_data names first; unknown without that
};

/// How much a play counts for a genre when it has several.
enum class GenreWeight { full, split };

/// Which track ids are one track.
enum class TrackIdentity {
  id,           ///< each id alone
  isrc,         ///< those of one raw_data.external_ids.isrc
  fingerprint,  ///< those of one name in any case, the same artists, and durations within 2 s
};

/// Whether rows may report one play twice.
enum class Dedupe {
  none,  ///< every row
  near,  ///< rows that report one play twice count once
};

/// What played_at tells, where the length of a play matters.
enum class PlayedAt {
  start,
  end,
  unknown,  ///< the end for the sources `import` and `spotify...`, the start for all others
};

/// What ranks: this first, then plays or time, then the id.
enum class Rank { plays, time, days, skips };

/// Every member narrows the answer or says how to count; a default filter counts every row.
struct StatsFilter {
  Period period = {};                 ///< when it was played
  std::optional<Timestamp> now = {};  ///< what "today" is; by default the system clock's time
  std::string tz = "UTC";             ///< IANA name of the zone whose days and hours count
  Weekday week_start = Weekday::monday;
  ListenRule rule = ListenRule::all;
  std::optional<std::int64_t> min_listened_ms = {};  ///< listened so many milliseconds or more
  NullListened null_listened = NullListened::keep;
  Skips skips = Skips::include;
  std::vector<std::optional<std::string>> sources = {};  ///< one of these; empty: any
  std::vector<std::string> include_contexts = {};        ///< one of these; empty: any
  std::vector<std::string> exclude_contexts = {};
  std::vector<std::string> exclude_track_ids = {};
  std::vector<std::string> exclude_artist_ids = {};  ///< any credited artist of the track
  std::vector<std::string> exclusions = {};          ///< lists that Mirror::exclusions() keeps
  std::optional<std::string> track_id = {};          ///< with all that track_identity joins
  std::optional<std::string> artist_id = {};         ///< any credited artist of the track
  std::optional<std::string> album = {};             ///< raw_data.album.id, or tracks.album
  std::optional<std::string> genre = {};             ///< of any credited artist, in any case
  TimeBasis time_basis = TimeBasis::measured_or_duration;
  ArtistCredit artist_credit = ArtistCredit::each;
  GenreWeight genre_weight = GenreWeight::full;
  TrackIdentity track_identity = TrackIdentity::id;
  Dedupe dedupe = Dedupe::none;
  std::chrono::milliseconds dedupe_window{30'000};  ///< of Dedupe::near: how far apart two may be
  PlayedAt played_at_is = PlayedAt::unknown;
  Rank by = Rank::plays;    ///< order of ranked lists
  std::int64_t limit = 10;  ///< rows of ranked lists; 0: all
  std::int64_t offset = 0;  ///< rows of ranked lists left out before the first
  bool details = true;      ///< of ranked tracks: false fills in plays and ranks only, much faster
};

}  // namespace playmirror
