// Everything about a track that is only made when it is written: its names, album and Spotify's
// answer. All of it follows from the seed and the track's place in the catalogue.
#pragma once

#include "core/sample/catalogue.hpp"
#include "core/sample/json_text.hpp"

#include <chrono>
#include <cstdint>
#include <string>
#include <string_view>

namespace playmirror::sample {

struct Album {
  SpotifyId id;
  std::string name{};
  std::chrono::year_month_day released{};
  std::string_view precision{};  ///< "day", "month" or "year", as Spotify knows it
  std::string image_url{};
  std::int32_t total_tracks = 0;

  std::string release_date() const;  ///< as precise as it is known
};

/// The name of an artist; that of one popular artist holds a comma.
std::string artist_name(const Plan& plan, std::uint32_t artist);

/// The credited artists' names, joined with ", ": a name with a comma cannot be told from two.
std::string display_artist(const Plan& plan, const Catalogue& catalogue, const Track& track);

/// The name of a recording, the same under every id that it has.
std::string track_name(const Plan& plan, const Track& track);

/// Tracks of one artist share albums, about eleven on each.
Album album_of(const Plan& plan, const Catalogue& catalogue, std::uint32_t track);

/// The id alone, which costs less.
SpotifyId album_id_of(const Plan& plan, const Catalogue& catalogue, std::uint32_t track);

/// Spotify's answer for a track: 3 to 8 kB, credits in order, written into `json`.
void write_raw_data(const Plan& plan, const Catalogue& catalogue, std::uint32_t track,
                    std::string_view name, const Album& album, std::int32_t popularity,
                    JsonText& json);

/// One of the listener's playlists, as the context of a play names it.
std::string playlist_id(const Plan& plan, std::uint32_t number);

std::string hex(Random& random, int digits);

/// An address of a picture.
std::string image_url(Random& random);

}  // namespace playmirror::sample
