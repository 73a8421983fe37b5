/// ListenBrainz: one object a line, as its export has them, or an array of the same objects.
/// `listened_at` is when a listen began.

#include "core/import/formats.hpp"

#include <array>
#include <cmath>

namespace playmirror::import {
namespace listenbrainz {
namespace {

enum Field : std::size_t {
  kListenedAt,
  kTrackName,
  kArtistName,
  kReleaseName,
  kDurationMs,
  kDuration,
  kMsPlayed,
  kDurationPlayed,
  kSpotifyId,
  kOriginUrl,
};
constexpr std::array<std::string_view, 10> kPaths{
    "listened_at",
    "track_metadata.track_name",
    "track_metadata.artist_name",
    "track_metadata.release_name",
    "track_metadata.additional_info.duration_ms",
    "track_metadata.additional_info.duration",
    "track_metadata.additional_info.ms_played",
    "track_metadata.additional_info.duration_played",
    "track_metadata.additional_info.spotify_id",
    "track_metadata.additional_info.origin_url",
};

/// One of a pair of fields, the second in seconds.
std::optional<std::int64_t> milliseconds(const JsonRow& row, std::size_t in_ms,
                                         std::size_t in_seconds) {
  auto value = row.integer(in_ms);
  if (!value) {
    const auto seconds = row.number(in_seconds);
    if (seconds && std::abs(*seconds) < 1e9) {
      value = static_cast<std::int64_t>(std::llround(*seconds * 1000));
    }
  }
  if (value && *value < 0) return std::nullopt;
  return value;
}

ToldOrReason read(const JsonRow& row) {
  const auto title = row.text(kTrackName);
  const auto artist = row.text(kArtistName);
  if (!title && !artist) return Reason::no_name;
  const auto at = from_seconds(row.integer(kListenedAt));
  if (!at) return Reason::no_time;
  Told told{.at = *at};
  for (const auto field : {kSpotifyId, kOriginUrl}) {
    const auto url = row.text(field);
    if (url && !told.song.spotify_id) told.song.spotify_id = spotify_track_id(*url);
  }
  told.song.title = title.value_or("");
  if (artist) told.song.artists = {*artist};
  told.song.album = row.text(kReleaseName);
  told.song.duration_ms = milliseconds(row, kDurationMs, kDuration);
  told.listened_ms = milliseconds(row, kMsPlayed, kDurationPlayed);
  return told;
}

}  // namespace
}  // namespace listenbrainz

std::optional<Reading> recognize_listenbrainz(const std::set<std::string>& paths) {
  const auto has = [&](const std::string& place) {
    return paths.contains(place + "listened_at") &&
           paths.contains(place + "track_metadata.track_name");
  };
  if (has(""))
    return Reading{ImportFormat::listenbrainz, "", listenbrainz::kPaths, listenbrainz::read};
  if (has("[]."))
    return Reading{ImportFormat::listenbrainz, "[]", listenbrainz::kPaths, listenbrainz::read};
  return std::nullopt;
}

}  // namespace playmirror::import
