#pragma once

#include "core/import/listen.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>

/// Telling songs by their names, where ids are missing or differ.
namespace playmirror::import {

/// Equal for the same artist and title, whatever their case and spaces. Of several artists the
/// first one counts, since services list the others or not.
[[nodiscard]] std::string song_key(std::string_view artist, std::string_view title);

/// The id under which a song without any is recorded: the same on every machine, for ever.
[[nodiscard]] std::string local_track_id(const std::string& song_key);
[[nodiscard]] std::string local_artist_id(std::string_view artist);
[[nodiscard]] bool is_local(std::string_view id);

/// The songs of the mirror's tracks by name. Memory grows with the number of tracks.
class KnownSongs {
 public:
  /// Reads them all.
  explicit KnownSongs(const sqlite::Database& database);

  /// The track of that name; of several, the one with the smallest id, so that the answer does not
  /// depend on what was played when.
  [[nodiscard]] const std::string* find(const std::string& song_key) const;

  void add(const std::string& song_key, const std::string& track_id);

 private:
  std::unordered_map<std::string, std::string> tracks_;
};

}  // namespace playmirror::import
