/// Last.fm: what its `user.getRecentTracks` answers, page by page, as it is or gathered in one
/// array. `date.uts` is when a listen began; lengths are not told.

#include "core/import/formats.hpp"

#include <algorithm>
#include <array>

namespace playmirror::import {
namespace lastfm {
namespace {

enum Field : std::size_t { kName, kArtistText, kArtistName, kArtist, kAlbumText, kAlbum, kUts };
constexpr std::array<std::string_view, 7> kPaths{
    "name", "artist.#text", "artist.name", "artist", "album.#text", "album", "date.uts"};

std::optional<std::string> first_of(const JsonRow& row, std::initializer_list<std::size_t> fields) {
  for (const std::size_t field : fields) {
    if (auto text = row.text(field)) return text;
  }
  return std::nullopt;
}

ToldOrReason read(const JsonRow& row) {
  const auto title = row.text(kName);
  const auto artist = first_of(row, {kArtistText, kArtistName, kArtist});
  if (!title && !artist) return Reason::no_name;
  // A track that is being played at that moment has no date yet.
  const auto at = from_seconds(row.integer(kUts));
  if (!at) return Reason::no_time;
  Told told{.at = *at};
  told.song.title = title.value_or("");
  if (artist) told.song.artists = {*artist};
  told.song.album = first_of(row, {kAlbumText, kAlbum});
  return told;
}

}  // namespace
}  // namespace lastfm

std::optional<Reading> recognize_lastfm(const std::set<std::string>& paths) {
  for (const std::string place :
       {"[].track[]", "recenttracks.track[]", "[].recenttracks.track[]", "track[]", "[]", "[][]"}) {
    const auto has = [&](const char* field) { return paths.contains(place + field); };
    if (has(".date.uts") && has(".name")) {
      return Reading{ImportFormat::lastfm, place, lastfm::kPaths, lastfm::read};
    }
  }
  return std::nullopt;
}

}  // namespace playmirror::import
