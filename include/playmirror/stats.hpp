#pragma once

#include <playmirror/export.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace playmirror {

class MirrorState;

/// A play with the names of what was played.
struct RecentPlay {
  std::int64_t id = 0;                      ///< of the play; negative until pushed
  std::string track_id = {};                ///<
  std::optional<std::string> name = {};     ///< of the track
  std::optional<std::string> artist = {};   ///< the track's display string
  std::optional<Timestamp> played_at = {};  ///<

  friend bool operator==(const RecentPlay&, const RecentPlay&) = default;
};

struct TopTrack {
  std::string track_id = {};               ///<
  std::optional<std::string> name = {};    ///<
  std::optional<std::string> artist = {};  ///< the track's display string
  std::int64_t plays = 0;                  ///<
  std::int64_t position = 0;               ///< 1, 2, 3, ...
  std::int64_t rank = 0;                   ///< equal counts share a rank: 1, 2, 2, 4

  friend bool operator==(const TopTrack&, const TopTrack&) = default;
};

struct GenreCount {
  std::string genre = {};    ///< as the server spells it
  std::int64_t artists = 0;  ///< list entries of that name over all artists

  friend bool operator==(const GenreCount&, const GenreCount&) = default;
};

/// Listening statistics, computed from the file: no network, no lock that a writer could wait for.
/// Obtained from Mirror::stats(); cheap to copy, safe to share between threads.
class PLAYMIRROR_EXPORT Stats {
 public:
  explicit Stats(std::shared_ptr<MirrorState> state) noexcept;

  /// The latest plays of known tracks, newest first, plays without a time before all others (as
  /// the server sorts them), then by id descending. `limit` 0 means all.
  [[nodiscard]] std::vector<RecentPlay> recent_plays(std::int64_t limit = 10) const;

  /// Tracks by number of plays descending, then id ascending byte by byte. `limit` 0 means all.
  [[nodiscard]] std::vector<TopTrack> top_tracks(std::int64_t limit = 10) const;

  /// How many artists carry each genre, most frequent first, then by genre byte by byte. Counted
  /// from the lists in artists.genres; no plays are involved. A value that is not a JSON list,
  /// which makes the server's query fail, counts nothing here.
  [[nodiscard]] std::vector<GenreCount> genre_artist_counts() const;

 private:
  std::shared_ptr<MirrorState> state_;
};

}  // namespace playmirror
