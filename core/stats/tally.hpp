/// \file
/// Sums over plays. Integers throughout, so their order never matters.
#pragma once

#include <playmirror/stats_top.hpp>

#include <algorithm>
#include <cstdint>
#include <limits>

namespace playmirror::stats {

/// The sum of two lengths, or the longest of all where it is longer than that: a column that the
/// server has widened may hold lengths that no play has.
[[nodiscard]] constexpr std::int64_t sum_of(std::int64_t a, std::int64_t b) noexcept {
  std::int64_t sum = 0;
  return __builtin_add_overflow(a, b, &sum) ? std::numeric_limits<std::int64_t>::max() : sum;
}

/// A number of plays that are as long as each other, together.
[[nodiscard]] constexpr std::int64_t product_of(std::int64_t length, std::int64_t plays) noexcept {
  std::int64_t product = 0;
  return __builtin_mul_overflow(length, plays, &product) ? std::numeric_limits<std::int64_t>::max()
                                                         : product;
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

  /// Of one track: `measured` of the plays took `measured_ms`, each other one about `estimate`,
  /// where that is not -1.
  [[nodiscard]] static Tally of(std::int64_t plays, std::int64_t measured, std::int64_t measured_ms,
                                std::int64_t estimate) noexcept {
    Tally tally{.plays = plays, .measured_ms = measured_ms, .measured = measured};
    if (estimate < 0) return tally;
    tally.estimated = plays - measured;
    tally.estimated_ms = product_of(estimate, tally.estimated);
    return tally;
  }

  [[nodiscard]] std::int64_t ms() const noexcept { return sum_of(measured_ms, estimated_ms); }

  [[nodiscard]] TimeTotal time() const noexcept {
    return {measured_ms, estimated_ms, measured, estimated, plays - measured - estimated};
  }
};

}  // namespace playmirror::stats
