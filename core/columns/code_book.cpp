#include "core/columns/code_book.hpp"

#include <vector>

namespace playmirror::columns {
void CodeBook::read_catalogue(const sqlite::Database& database) {
  auto artist_rows = database.prepare("SELECT id, name, genres FROM artists ORDER BY rowid");
  while (artist_rows.step()) {
    ArtistEntry& artist = artists.add(artist_rows.text(0));
    artist.exists = true;
    artist.name = kept_text(artists, artist_rows, 1);
    artist.genres = kept_text(artists, artist_rows, 2);
  }
  auto track_rows =
      database.prepare("SELECT id, name, artist, duration_ms FROM tracks ORDER BY rowid");
  while (track_rows.step()) {
    TrackEntry& track = tracks.add(track_rows.text(0));
    track.exists = true;
    track.name = kept_text(tracks, track_rows, 1);
    track.artist = kept_text(tracks, track_rows, 2);
    if (!track_rows.is_null(3)) track.duration_ms = track_rows.integer(3);
  }
  auto credits = database.prepare(
      "SELECT track_id, artist_id FROM track_artists ORDER BY track_id, artist_id");
  std::uint32_t code = kNone;
  std::vector<std::uint32_t> credited;
  const auto close_track = [&] {
    if (code == kNone) return;
    std::ranges::sort(credited);
    tracks.entry(code).artists = tracks.keep(credited);
    credited.clear();
  };
  while (credits.step()) {
    if (code == kNone || tracks[code].id != credits.text(0)) {
      close_track();
      code = tracks.code_for(credits.text(0));
    }
    credited.push_back(artists.code_for(credits.text(1)));
  }
  close_track();
}

}  // namespace playmirror::columns
