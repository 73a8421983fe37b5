// A seeded random source that gives the same numbers on every platform (xoshiro256**, seeded by
// splitmix64), and the few distributions that the library needs. No floating point.
#pragma once

#include "core/sample/fixed_point.hpp"

#include <array>
#include <bit>
#include <cstdint>
#include <span>

namespace playmirror::sample {

/// What a source is used for. Each purpose has numbers of its own, so that adding a draw to one
/// does not change the others.
enum class Stream : std::uint64_t {
  artist = 1,
  artist_name,
  artist_row,
  catalogue,
  track,
  track_name,
  track_row,
  album,
  lyrics,
  raw_data,
  isrc,
  days,
  taste,
  sessions,
  plays,
  playlist,
  playlist_row,
  snapshot,
};

class Random {
 public:
  /// The `index`-th source for one purpose, such as the one of track 17.
  Random(std::uint64_t seed, Stream stream, std::uint64_t index = 0) {
    std::uint64_t state = mix(mix(seed) ^ mix(static_cast<std::uint64_t>(stream) << 56 | index));
    for (auto& word : state_) word = mix(state += 0x9e3779b97f4a7c15);
  }

  std::uint64_t next() {
    const std::uint64_t result = std::rotl(state_[1] * 5, 7) * 9;
    const std::uint64_t shifted = state_[1] << 17;
    state_[2] ^= state_[0];
    state_[3] ^= state_[1];
    state_[1] ^= state_[2];
    state_[0] ^= state_[3];
    state_[2] ^= shifted;
    state_[3] = std::rotl(state_[3], 45);
    return result;
  }

  /// Uniform in [0, n), for n above 0; the bias is below n / 2^64.
  std::uint64_t below(std::uint64_t n) {
    __extension__ using Wide = unsigned __int128;
    return static_cast<std::uint64_t>(static_cast<Wide>(next()) * n >> 64);
  }

  /// Uniform in [low, high], both included.
  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(below(static_cast<std::uint64_t>(high - low) + 1));
  }

  /// True in `per_mille` of 1000 cases.
  bool chance(std::uint64_t per_mille) { return below(1000) < per_mille; }

  template <typename T, std::size_t N>
  const T& pick(std::span<const T, N> values) {
    return values[below(values.size())];
  }

  template <typename T, std::size_t N>
  const T& pick(const std::array<T, N>& values) {
    return values[below(N)];
  }

  /// Nearly normal with mean 0 and deviation 1, in Q16: the sum of twelve uniform numbers.
  std::int64_t normal() {
    std::int64_t sum = 0;
    for (int i = 0; i < 3; ++i) {
      const std::uint64_t four = next();
      for (int part = 0; part < 64; part += 16) sum += four >> part & 0xffff;
    }
    return sum - 6 * 0xffff;
  }

  /// Log-normal; `spread` is the deviation of the base-2 logarithm, in Q16.
  std::int64_t log_normal(std::int64_t median, std::int64_t spread) {
    return median * power_of_two(normal() * spread >> 16) >> 16;
  }

 private:
  static constexpr std::uint64_t mix(std::uint64_t x) {
    x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9;
    x = (x ^ x >> 27) * 0x94d049bb133111eb;
    return x ^ x >> 31;
  }

  std::array<std::uint64_t, 4> state_{};
};

}  // namespace playmirror::sample
