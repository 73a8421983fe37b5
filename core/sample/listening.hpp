// The log of plays, one listening session after the other, with the dirt that real logs have.
#pragma once

#include "core/sample/catalogue.hpp"
#include "core/sample/days.hpp"
#include "core/sample/local_time.hpp"

#include <cstdint>
#include <functional>
#include <optional>

namespace playmirror::sample {

enum class Source : std::uint8_t {
  import,        ///< from a data export: stamped at the end, in whole seconds, and complete
  spotify_poll,  ///< from the recently-played list: stamped at the start, mostly without the rest
};

enum class Context : std::uint8_t { none, album, playlist };

struct Play {
  std::uint32_t track;
  Instant played_at;
  Context context;
  std::uint8_t playlist;  ///< which, when the context is one
  std::optional<std::int32_t> listened_ms;
  std::optional<bool> skipped;
  Source source;
};

/// Calls `take` with every play, in the order in which the backend heard of them: that of their
/// ids. Memory does not grow with the history.
void listen(const Plan& plan, const Catalogue& catalogue, const Days& days,
            const std::function<void(const Play&)>& take);

}  // namespace playmirror::sample
