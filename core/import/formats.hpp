#pragma once

#include "core/import/json_rows.hpp"
#include "core/import/listen.hpp"

#include <playmirror/import.hpp>

#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>

/// What the rows of each format mean. docs/importing.md tells it for people.
namespace playmirror::import {

/// How to read one document.
struct Reading {
  ImportFormat format = ImportFormat::spotify_extended;
  std::string place = {};                        ///< of its rows
  std::span<const std::string_view> paths = {};  ///< of their fields
  ToldOrReason (*tell)(const JsonRow& row) = nullptr;
};

/// Tells a document's format by the paths at its beginning; nothing when it is no history.
[[nodiscard]] std::optional<Reading> recognize(const std::set<std::string>& first_paths);

// One file for each service.
[[nodiscard]] std::optional<Reading> recognize_spotify(const std::set<std::string>& paths);
[[nodiscard]] std::optional<Reading> recognize_listenbrainz(const std::set<std::string>& paths);
[[nodiscard]] std::optional<Reading> recognize_lastfm(const std::set<std::string>& paths);
[[nodiscard]] std::optional<Reading> recognize_maloja(const std::set<std::string>& paths);

// What they share.

/// The id in "spotify:track:<id>" or "https://open.spotify.com/track/<id>": 22 letters and digits.
[[nodiscard]] std::optional<std::string> spotify_track_id(std::string_view text);

/// An instant in seconds since 1970.
[[nodiscard]] std::optional<Timestamp> from_seconds(std::optional<std::int64_t> seconds);

}  // namespace playmirror::import
