#pragma once

#include "core/test_hooks.hpp"

#include <cstdint>

namespace playmirror::sync {

/// Below this many rows no deletion is unlikely: a person empties a list of four playlists.
inline constexpr std::int64_t kFewRows = 4;

/// Whether so many rows vanish at once, of those that are here, that somebody should be asked: a
/// mistake on the server must not empty the laptop too.
[[nodiscard]] inline bool vanishes_in_bulk(std::int64_t gone, std::int64_t here, double limit) {
  return gone > kFewRows && static_cast<double>(gone) > limit * static_cast<double>(here) &&
         PLAYMIRROR_SAFEGUARD("delete guard");
}

}  // namespace playmirror::sync
