/// \file
/// A tally as sums of a bin, of plays whose lengths take no more than 32 bits.
#pragma once

#include "core/stats/tally.hpp"

#include <playmirror/stats_filter.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>

namespace playmirror::stats {

/// The sums that stand for a tally.
struct BinTally {
  /// In this order. `wide` counts plays whose length takes more than 32 bits: that is no song, and
  /// so not worth sums that could not overflow.
  enum Sum : std::size_t { plays, measured, measured_ms, estimated, estimated_ms, wide };
  static constexpr std::size_t kSums = wide + 1;

  /// As Tally::add().
  static void add(std::span<std::uint64_t, kSums> sums, std::int64_t listened,
                  std::int64_t estimate) noexcept {
    constexpr std::int64_t kMostMs = std::numeric_limits<std::uint32_t>::max();
    // No branch: what a play has follows no rule that a processor could guess.
    const std::int64_t known = listened >= 0 ? 1 : 0;
    const std::int64_t guessed = (known ^ 1) & (estimate >= 0 ? 1 : 0);
    const std::int64_t heard = listened & -known;
    const std::int64_t guess = estimate & -guessed;
    ++sums[plays];
    sums[measured] += static_cast<std::uint64_t>(known);
    sums[measured_ms] += static_cast<std::uint64_t>(heard);
    sums[estimated] += static_cast<std::uint64_t>(guessed);
    sums[estimated_ms] += static_cast<std::uint64_t>(guess);
    sums[wide] += std::max(heard, guess) > kMostMs ? 1 : 0;
  }

  /// The tally; nothing where a length takes more than 32 bits.
  [[nodiscard]] static std::optional<Tally> of(std::span<const std::uint64_t, kSums> sums,
                                               TimeBasis basis) noexcept {
    if (sums[wide] != 0) return std::nullopt;
    const auto sum = [&](Sum which) { return static_cast<std::int64_t>(sums[which]); };
    const bool guesses = basis == TimeBasis::measured_or_duration;
    return Tally{.plays = sum(plays),
                 .measured_ms = sum(measured_ms),
                 .estimated_ms = guesses ? sum(estimated_ms) : 0,
                 .measured = sum(measured),
                 .estimated = guesses ? sum(estimated) : 0};
  }
};

}  // namespace playmirror::stats
