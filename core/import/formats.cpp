#include "core/import/formats.hpp"

#include <algorithm>

namespace playmirror {

std::string_view to_string(ImportFormat format) noexcept {
  switch (format) {
    case ImportFormat::spotify_extended:
      return "spotify_extended";
    case ImportFormat::spotify_account:
      return "spotify_account";
    case ImportFormat::listenbrainz:
      return "listenbrainz";
    case ImportFormat::lastfm:
      return "lastfm";
    case ImportFormat::maloja:
      return "maloja";
  }
  return "";
}

namespace import {

std::string_view name_of(Reason reason) noexcept {
  switch (reason) {
    case Reason::not_music:
      return "not_music";
    case Reason::no_name:
      return "no_name";
    case Reason::no_time:
      return "no_time";
    case Reason::bad_value:
      return "bad_value";
    case Reason::private_session:
      return "private_session";
    case Reason::no_spotify_id:
      return "no_spotify_id";
  }
  return "";
}

std::optional<Reading> recognize(const std::set<std::string>& first_paths) {
  for (const auto recognize_one :
       {recognize_spotify, recognize_listenbrainz, recognize_maloja, recognize_lastfm}) {
    if (auto reading = recognize_one(first_paths)) return reading;
  }
  return std::nullopt;
}

std::optional<std::string> spotify_track_id(std::string_view text) {
  constexpr std::size_t kLength = 22;
  for (const std::string_view before : {"spotify:track:", "open.spotify.com/track/"}) {
    const auto begin = text.find(before);
    if (begin == std::string_view::npos) continue;
    const std::string_view id = text.substr(begin + before.size(), kLength);
    const bool whole =
        id.size() == kLength && std::ranges::all_of(id, [](char c) {
          return (c >= '0' && c <= '9') || (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
        });
    if (whole) return std::string(id);
  }
  return std::nullopt;
}

std::optional<Timestamp> from_seconds(std::optional<std::int64_t> seconds) {
  constexpr std::int64_t kMost = 100'000'000'000;
  if (!seconds || *seconds < 0 || *seconds > kMost) return std::nullopt;
  return Timestamp::from_unix_micros(*seconds * 1'000'000);
}

}  // namespace import
}  // namespace playmirror
