#include "core/import/songs.hpp"

#include "core/text/lower.hpp"
#include "core/text/sha256.hpp"

namespace playmirror::import {
namespace {

constexpr char kSeparator = '\x1f';

constexpr std::string_view kLocal = "local:";

/// In lower case, with one space for every run of white space and none at the ends.
std::string normal(std::string_view text) {
  std::string result;
  for (const char c : text::lower(text)) {
    const bool space = c == ' ' || c == '\t' || c == '\n' || c == '\r';
    if (!space) {
      result += c;
    } else if (!result.empty() && result.back() != ' ') {
      result += ' ';
    }
  }
  if (!result.empty() && result.back() == ' ') result.pop_back();
  return result;
}

std::string local_id(std::string_view what) {
  constexpr std::size_t kDigits = 32;
  text::Sha256 hash;
  hash.add(what);
  return std::string(kLocal) + hash.finish().substr(0, kDigits);
}

}  // namespace

std::string song_key(std::string_view artist, std::string_view title) {
  return normal(artist.substr(0, artist.find(','))) + kSeparator + normal(title);
}

std::string local_track_id(const std::string& song_key) { return local_id(song_key); }

std::string local_artist_id(std::string_view artist) { return local_id(normal(artist)); }

bool is_local(std::string_view id) { return id.starts_with(kLocal); }

KnownSongs::KnownSongs(const sqlite::Database& database) {
  auto row = database.prepare("SELECT id, name, artist FROM tracks WHERE name IS NOT NULL");
  while (row.step()) add(song_key(row.text(2), row.text(1)), std::string(row.text(0)));
}

const std::string* KnownSongs::find(const std::string& song_key) const {
  const auto found = tracks_.find(song_key);
  return found == tracks_.end() ? nullptr : &found->second;
}

void KnownSongs::add(const std::string& song_key, const std::string& track_id) {
  const auto [place, added] = tracks_.try_emplace(song_key, track_id);
  if (!added && track_id < place->second) place->second = track_id;
}

}  // namespace playmirror::import
