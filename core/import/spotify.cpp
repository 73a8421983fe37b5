/// Spotify's two exports. `ts` and `endTime` are when a play ended, in UTC.

#include "core/import/formats.hpp"

#include <playmirror/error.hpp>

#include <array>

namespace playmirror::import {
namespace {

enum Extended : std::size_t {
  kTs,
  kMsPlayed,
  kTrackName,
  kArtistName,
  kAlbumName,
  kTrackUri,
  kEpisodeName,
  kEpisodeUri,
  kAudiobookUri,
  kChapterUri,
  kSkipped,
  kIncognito,
};
// Of what else is there, the addresses and names of people are not even looked at.
constexpr std::array<std::string_view, 12> kExtendedPaths{
    "ts",
    "ms_played",
    "master_metadata_track_name",
    "master_metadata_album_artist_name",
    "master_metadata_album_album_name",
    "spotify_track_uri",
    "episode_name",
    "spotify_episode_uri",
    "audiobook_uri",
    "audiobook_chapter_uri",
    "skipped",
    "incognito_mode",
};

enum Account : std::size_t {
  kEndTime,
  kAccountArtist,
  kAccountTrack,
  kAccountMs,
  kPodcast,
  kEpisode
};
constexpr std::array<std::string_view, 6> kAccountPaths{"endTime",  "artistName",  "trackName",
                                                        "msPlayed", "podcastName", "episodeName"};

std::optional<Timestamp> parse(const std::optional<std::string>& text) {
  if (!text) return std::nullopt;
  try {
    return Timestamp::parse(*text);
  } catch (const Error&) {
    return std::nullopt;
  }
}

/// Exports say -1 or the like for plays that broke off.
std::optional<std::int64_t> not_negative(std::optional<std::int64_t> value) {
  if (value && *value < 0) return std::nullopt;
  return value;
}

ToldOrReason read_extended(const JsonRow& row) {
  const auto title = row.text(kTrackName);
  const auto artist = row.text(kArtistName);
  const auto uri = row.text(kTrackUri);
  if (!title && !artist) {
    const bool something_else = row.text(kEpisodeName) || row.text(kEpisodeUri) ||
                                row.text(kAudiobookUri) || row.text(kChapterUri);
    return something_else ? Reason::not_music : Reason::no_name;
  }
  const auto at = parse(row.text(kTs));
  if (!at) return Reason::no_time;
  Told told{.at = *at};
  if (uri) told.song.spotify_id = spotify_track_id(*uri);
  told.song.title = title.value_or("");
  if (artist) told.song.artists = {*artist};
  told.song.album = row.text(kAlbumName);
  told.listened_ms = not_negative(row.integer(kMsPlayed));
  told.skipped = row.boolean(kSkipped);
  told.private_session = row.boolean(kIncognito).value_or(false);
  return told;
}

ToldOrReason read_account(const JsonRow& row) {
  const auto title = row.text(kAccountTrack);
  const auto artist = row.text(kAccountArtist);
  if (!title && !artist) {
    return row.text(kPodcast) || row.text(kEpisode) ? Reason::not_music : Reason::no_name;
  }
  // "2023-01-31 06:00", in UTC.
  constexpr std::size_t kMinutes = 16;
  auto time = row.text(kEndTime);
  const bool to_the_minute = time && time->size() == kMinutes;
  if (time) *time += to_the_minute ? ":00Z" : "Z";
  const auto at = parse(time);
  if (!at) return Reason::no_time;
  Told told{.at = *at, .to_the_minute = to_the_minute};
  told.song.title = title.value_or("");
  if (artist) told.song.artists = {*artist};
  told.listened_ms = not_negative(row.integer(kAccountMs));
  return told;
}

}  // namespace

std::optional<Reading> recognize_spotify(const std::set<std::string>& paths) {
  if (paths.contains("[].ts") && paths.contains("[].ms_played")) {
    return Reading{ImportFormat::spotify_extended, "[]", kExtendedPaths, read_extended};
  }
  if (paths.contains("[].endTime") && paths.contains("[].msPlayed")) {
    return Reading{ImportFormat::spotify_account, "[]", kAccountPaths, read_account};
  }
  return std::nullopt;
}

}  // namespace playmirror::import
