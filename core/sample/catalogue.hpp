// Which artists and tracks there are, and who plays on what: the skeleton of the library, kept in
// memory because plays refer to it. Everything bulky about a track is made when it is written.
#pragma once

#include "core/sample/random.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>
#include <vector>

namespace playmirror::sample {

/// What to generate.
struct Plan {
  std::uint64_t seed = 1;
  std::uint32_t plays = 1'000;
  std::uint32_t tracks = 400;
  std::uint32_t artists = 74;
};

/// A Spotify id: 22 characters of base 62.
class SpotifyId {
 public:
  SpotifyId() = default;
  explicit SpotifyId(Random& random);

  std::string_view view() const { return {characters_.data(), characters_.size()}; }

 private:
  std::array<char, 22> characters_{};
};

struct Artist {
  SpotifyId id;
  std::uint8_t style;  ///< index into styles()
};

struct Track {
  SpotifyId id;
  std::int32_t duration_ms = 0;
  std::uint32_t recording = 0;     ///< the track whose recording this is; itself, unless relinked
  std::uint32_t first_credit = 0;  ///< into Catalogue::credits
  std::uint32_t place_in_artist = 0;  ///< its place among the tracks of its first artist
  std::uint16_t known_since = 0;      ///< in 1/65536 of the history; before that nobody knew it
  std::uint8_t credit_count = 0;
};

/// Artists and tracks are sorted by popularity, most popular first.
struct Catalogue {
  explicit Catalogue(const Plan& plan);

  std::span<const std::uint32_t> credits_of(const Track& track) const {
    return std::span(credits).subspan(track.first_credit, track.credit_count);
  }
  std::span<const std::uint32_t> tracks_of(std::uint32_t artist) const {
    return std::span(by_artist).subspan(artist_begin[artist],
                                        artist_begin[artist + 1] - artist_begin[artist]);
  }
  std::uint32_t main_artist(std::uint32_t track) const {
    return credits[tracks[track].first_credit];
  }

  std::vector<Artist> artists;
  std::vector<Track> tracks;
  std::vector<std::uint32_t> credits;    ///< artists in credit order, track after track
  std::vector<std::uint32_t> by_artist;  ///< tracks by their first artist

 private:
  void add_credits(Track& track, std::uint32_t main_artist, Random& random);
  void sort_by_artist();

  std::vector<std::uint32_t> artist_begin;
};

}  // namespace playmirror::sample
