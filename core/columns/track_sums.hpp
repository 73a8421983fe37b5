#pragma once

#include <cstdint>

namespace playmirror::columns {

/// What the plays of one track come to. Unsigned throughout, so that what was added can be taken
/// away again in any order.
struct TrackSums {
  std::uint64_t measured_ms = 0;
  std::uint32_t plays = 0;
  std::uint32_t measured = 0;  ///< plays whose length is known, and not negative
  std::uint32_t skips = 0;
  std::uint32_t wide = 0;  ///< plays whose length takes more than 32 bits; it is not in measured_ms

  TrackSums& operator+=(const TrackSums& other) noexcept {
    measured_ms += other.measured_ms;
    plays += other.plays;
    measured += other.measured;
    skips += other.skips;
    wide += other.wide;
    return *this;
  }
  TrackSums& operator-=(const TrackSums& other) noexcept {
    measured_ms -= other.measured_ms;
    plays -= other.plays;
    measured -= other.measured;
    skips -= other.skips;
    wide -= other.wide;
    return *this;
  }
  friend bool operator==(const TrackSums&, const TrackSums&) = default;
};

}  // namespace playmirror::columns
