#pragma once

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// What ranked lists are made of. `position` counts 1, 2, 3, ...; `rank` is shared by equals: 1, 2,
/// 2, 4; `of` is how many there are to rank, whatever the limit. `share` is the part of all plays
/// counted, 0 to 1. Days are days of the filter's time zone; times are those of finite plays.
namespace playmirror {

/// Listening time in milliseconds, told apart by how it is known. The plays add up to all.
struct TimeTotal {
  std::int64_t measured_ms = 0;   ///< sum of listened_ms where it is known and not negative
  std::int64_t estimated_ms = 0;  ///< sum of durations, for plays without it
  std::int64_t plays_measured = 0;
  std::int64_t plays_estimated = 0;
  std::int64_t plays_unknown = 0;  ///< neither is known, or TimeBasis::measured_only

  friend bool operator==(const TimeTotal&, const TimeTotal&) = default;
};

/// A play with the names of what was played.
struct RecentPlay {
  std::int64_t id = 0;  ///< of the play; negative until pushed
  std::string track_id = {};
  std::optional<std::string> name = {};    ///< of the track
  std::optional<std::string> artist = {};  ///< the track's display string
  std::optional<Timestamp> played_at = {};

  friend bool operator==(const RecentPlay&, const RecentPlay&) = default;
};

/// A track and its plays.
struct TopTrack {
  std::string track_id = {};  ///< the lowest of those that track_identity joins
  std::optional<std::string> name = {};
  std::optional<std::string> artist = {};  ///< the track's display string
  std::int64_t plays = 0;
  std::int64_t position = 0;
  std::int64_t rank = 0;
  std::int64_t of = 0;
  double share = 0;
  TimeTotal time = {};
  std::int64_t days = 0;  ///< on which it was played
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const TopTrack&, const TopTrack&) = default;
};

/// An artist and the plays that credit it.
struct TopArtist {
  std::optional<std::string> artist_id = {};  ///< none: plays whose artist is not known
  std::optional<std::string> name = {};
  std::int64_t plays = 0;  ///< in which the artist is credited
  double weight = 0;       ///< plays as ArtistCredit counts them
  std::int64_t position = 0;
  std::int64_t rank = 0;
  std::int64_t of = 0;
  double share = 0;     ///< of `weight`
  TimeTotal time = {};  ///< of those plays
  std::int64_t days = 0;
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const TopArtist&, const TopArtist&) = default;
};

/// An album and its plays.
struct TopAlbum {
  std::optional<std::string> album_id = {};  ///< none: known by its name only, or not at all
  std::optional<std::string> name = {};      ///< none: plays whose album is not known
  std::optional<std::string> artist = {};    ///< the display string of its tracks
  bool by_name = false;                      ///< recognised by name and artist
  std::int64_t plays = 0;
  std::int64_t position = 0;
  std::int64_t rank = 0;
  std::int64_t of = 0;
  double share = 0;
  TimeTotal time = {};
  std::int64_t days = 0;
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const TopAlbum&, const TopAlbum&) = default;
};

/// A genre and its plays.
struct TopGenre {
  std::optional<std::string> genre = {};  ///< lower case; none: plays whose genre is not known
  std::int64_t plays = 0;                 ///< that have the genre
  double weight = 0;                      ///< plays as GenreWeight counts them
  std::int64_t position = 0;
  std::int64_t rank = 0;
  std::int64_t of = 0;
  double share = 0;     ///< of `weight`
  TimeTotal time = {};  ///< of those plays
  std::int64_t days = 0;
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const TopGenre&, const TopGenre&) = default;
};

/// A playlist, album or other place, and the plays from it.
struct TopContext {
  std::optional<std::string> context_uri = {};  ///< none: plays without one
  std::int64_t plays = 0;
  std::int64_t position = 0;
  std::int64_t rank = 0;
  std::int64_t of = 0;
  double share = 0;
  TimeTotal time = {};
  std::int64_t days = 0;
  std::int64_t skips = 0;
  std::optional<Timestamp> first_at = {};
  std::optional<Timestamp> last_at = {};

  friend bool operator==(const TopContext&, const TopContext&) = default;
};

/// A genre and how many artists carry it.
struct GenreCount {
  std::string genre = {};    ///< as the server spells it
  std::int64_t artists = 0;  ///< list entries of that name over all artists

  friend bool operator==(const GenreCount&, const GenreCount&) = default;
};

}  // namespace playmirror
