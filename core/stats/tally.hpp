/// \file
/// Sums over plays. Integers throughout, so their order never matters.
#pragma once

#include <playmirror/stats_top.hpp>

#include <algorithm>
#include <cstdint>

namespace playmirror::stats {

/// Lengths that no play has, as a forged file or a column of the server's may hold, must not be
/// more than a wrong number.
[[nodiscard]] constexpr std::int64_t sum_of(std::int64_t a, std::int64_t b) noexcept {
  return static_cast<std::int64_t>(static_cast<std::uint64_t>(a) + static_cast<std::uint64_t>(b));
}

/// Number of plays and their listening time.
struct Tally {
  std::int64_t plays = 0;
  std::int64_t measured_ms = 0;
  std::int64_t estimated_ms = 0;
  std::int64_t measured = 0;
  std::int64_t estimated = 0;

  /// `listened` and `estimate` are milliseconds, or -1 for unknown.
  void add(std::int64_t listened, std::int64_t estimate) noexcept {
    // No branch: which of the three it is follows no rule that a processor could guess.
    const std::int64_t known = listened >= 0 ? 1 : 0;
    const std::int64_t guessed = (known ^ 1) & (estimate >= 0 ? 1 : 0);
    ++plays;
    measured += known;
    measured_ms = sum_of(measured_ms, listened & -known);
    estimated += guessed;
    estimated_ms = sum_of(estimated_ms, estimate & -guessed);
  }

  Tally& operator+=(const Tally& other) noexcept {
    plays += other.plays;
    measured_ms = sum_of(measured_ms, other.measured_ms);
    estimated_ms = sum_of(estimated_ms, other.estimated_ms);
    measured += other.measured;
    estimated += other.estimated;
    return *this;
  }

  [[nodiscard]] std::int64_t ms() const noexcept { return sum_of(measured_ms, estimated_ms); }

  [[nodiscard]] TimeTotal time() const noexcept {
    return {measured_ms, estimated_ms, measured, estimated, plays - measured - estimated};
  }
};

}  // namespace playmirror::stats
