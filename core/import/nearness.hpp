#pragma once

#include "core/import/song_pool.hpp"
#include "core/import/songs.hpp"

#include <algorithm>
#include <cstdint>
#include <cstdlib>
#include <optional>
#include <string>
#include <string_view>

/// When two records may be of one listen: sources differ by the length of a play in what they take
/// for its time, and some cut times to the minute.
namespace playmirror::import {

inline constexpr std::int64_t kMinuteMicros = 60'000'000;

/// By how much clocks and services disagree about one and the same moment, in microseconds.
inline constexpr std::int64_t kSlack = kMinuteMicros;

/// No play is taken for longer than this when looking for another record of it.
inline constexpr std::int64_t kLongest = 3 * 60 * kMinuteMicros;

/// How far another record of a listen is looked for that tells no length: its own length counts.
inline constexpr std::int64_t kFarthestOfUnknown = 30 * kMinuteMicros;

/// The minute that an instant lies in.
[[nodiscard]] inline std::int64_t minute_of(Timestamp time) {
  const std::int64_t micros = time.postgres_micros();
  return micros / kMinuteMicros - (micros % kMinuteMicros < 0 ? 1 : 0);
}

[[nodiscard]] inline bool is_on_the_minute(Timestamp time) {
  return time.postgres_micros() % kMinuteMicros == 0;
}

/// How long a play may have lasted, and a little more.
[[nodiscard]] inline std::int64_t reach_of(std::optional<std::int64_t> listened_ms,
                                           std::optional<std::int64_t> duration_ms) {
  const std::int64_t length = std::max(listened_ms.value_or(0), duration_ms.value_or(0));
  return std::clamp<std::int64_t>(length, 0, kLongest / 1000) * 1000 + kSlack;
}

/// How far from a listen another record of it may be.
class Reach {
 public:
  explicit Reach(const Listen& listen)
      : own_(reach_of(listen.listened_ms, listen.song->duration_ms)),
        is_known_(listen.listened_ms || listen.song->duration_ms) {}

  [[nodiscard]] std::int64_t farthest() const {
    return is_known_ ? own_ : kSlack + kFarthestOfUnknown;
  }
  /// Whether a play that far away may be the same one; `other` is how far that reaches itself.
  [[nodiscard]] bool has(std::int64_t distance, std::int64_t other) const {
    return std::abs(distance) <= (is_known_ ? own_ : std::min(other, farthest()));
  }

 private:
  std::int64_t own_;
  bool is_known_;
};

/// What a song is known by where ids differ. Made once.
[[nodiscard]] inline const std::string& key_of(PooledSong& song) {
  if (song.key.empty()) {
    song.key =
        song_key(song.artists.empty() ? std::string_view() : song.artists.front(), song.title);
  }
  return song.key;
}

}  // namespace playmirror::import
