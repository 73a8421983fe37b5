/// Maloja: its own export. `time` is when a listen began, `duration` how many seconds of it were
/// heard, `length` those of the track.

#include "core/import/formats.hpp"

#include <array>

namespace playmirror::import {
namespace maloja {
namespace {

enum Field : std::size_t { kTime, kTitle, kArtists, kAlbumTitle, kAlbum, kLength, kDuration };
constexpr std::array<std::string_view, 7> kPaths{
    "time",        "track.title",  "track.artists[]", "track.album.albumtitle",
    "track.album", "track.length", "duration"};

std::optional<std::int64_t> milliseconds(std::optional<std::int64_t> seconds) {
  constexpr std::int64_t kMost = 1'000'000'000;
  if (!seconds || *seconds < 0 || *seconds > kMost) return std::nullopt;
  return *seconds * 1000;
}

ToldOrReason read(const JsonRow& row) {
  const auto title = row.text(kTitle);
  const auto& artists = row.texts(kArtists);
  if (!title && artists.empty()) return Reason::no_name;
  const auto at = from_seconds(row.integer(kTime));
  if (!at) return Reason::no_time;
  Told told{.at = *at};
  told.song.title = title.value_or("");
  told.song.artists = artists;
  told.song.album = row.text(kAlbumTitle) ? row.text(kAlbumTitle) : row.text(kAlbum);
  told.song.duration_ms = milliseconds(row.integer(kLength));
  told.listened_ms = milliseconds(row.integer(kDuration));
  return told;
}

}  // namespace
}  // namespace maloja

std::optional<Reading> recognize_maloja(const std::set<std::string>& paths) {
  if (paths.contains("scrobbles[].time") && paths.contains("scrobbles[].track.title")) {
    return Reading{ImportFormat::maloja, "scrobbles[]", maloja::kPaths, maloja::read};
  }
  return std::nullopt;
}

}  // namespace playmirror::import
