#pragma once

#include "core/import/listen.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <unordered_map>

namespace playmirror::import {

/// A song of the pool, and what its recorder has found out about it.
struct PooledSong : Song {
  std::string key = {};       ///< its song_key(), once it was needed
  std::string track_id = {};  ///< of its track; empty when there is none
  std::uint64_t found = 0;    ///< in which batch that was; 0: not yet
  bool has_track = false;     ///< the mirror has the track, or will have it
};

/// A row that may be recorded.
struct Listen {
  PooledSong* song = nullptr;
  Timestamp at = {};
  std::string played_at = {};  ///< the same as the column has it
  bool to_the_minute = false;  ///< seconds were cut off
  std::optional<bool> skipped = {};
  std::optional<std::int64_t> listened_ms = {};
};

/// Each song once, however often a history names it. Memory grows with the number of songs.
class SongPool {
 public:
  /// The song stays where it is for as long as the pool lives.
  [[nodiscard]] Listen keep(Told&& told);

 private:
  std::unordered_map<std::string, PooledSong> songs_;  ///< by all that is told of them
  std::string name_;                                   ///< of the song at hand
};

}  // namespace playmirror::import
