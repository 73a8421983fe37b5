/// \file
/// What proves that a snapshot was computed from just these plays.
#pragma once

#include "core/stats/selection.hpp"

#include <cstdint>
#include <optional>
#include <string>

namespace playmirror::stats {

struct Fingerprint {
  std::int64_t plays = 0;
  std::optional<std::int64_t> max_id = {};  ///< none without plays
  std::string sha256 = {};                  ///< 64 hexadecimal digits
};

/// Of the selected plays, in order of id: id, track_id, played_at, listened_ms, skipped (`t`, `f`)
/// and source of each, as the mirror file spells them, each preceded by its length in bytes and a
/// colon; NULL is `-`.
[[nodiscard]] Fingerprint fingerprint(const Selection& selection);

}  // namespace playmirror::stats
