#include "core/import/song_pool.hpp"

#include <utility>

namespace playmirror::import {
namespace {

/// Between two texts: no text that the server takes has it.
constexpr char kEnd = '\0';

}  // namespace

Listen SongPool::keep(Told&& told) {
  Song& song = told.song;
  name_.clear();
  name_.append(song.title) += kEnd;
  if (song.spotify_id) name_ += *song.spotify_id;
  name_ += kEnd;
  // Nothing is no empty text.
  if (song.album) name_.append(*song.album) += kEnd;
  name_ += kEnd;
  for (const std::string& artist : song.artists) name_.append(artist) += kEnd;
  if (song.duration_ms) name_ += std::to_string(*song.duration_ms);
  auto found = songs_.find(name_);
  if (found == songs_.end()) found = songs_.emplace(name_, PooledSong{std::move(song)}).first;
  return {&found->second,     told.at,      told.at.to_postgres_string(),
          told.to_the_minute, told.skipped, told.listened_ms};
}

}  // namespace playmirror::import
