/// \file
/// What the plays of tracks of each year of release come to.
#pragma once

#include "core/columns/bins.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::stats {

/// No record is older, whatever its date says.
inline constexpr std::int64_t kFirstYear = 1800;

struct YearTallies {
  std::vector<Tally> years = {};   ///< from kFirstYear to the last one, that included
  std::int64_t plays = 0;          ///< all
  std::int64_t plays_unknown = 0;  ///< of tracks that came out in none of them
};

[[nodiscard]] YearTallies plays_by_year(const Selection& selection, std::int64_t last_year);

/// Plays by the year of their track, of so many years; the first bin is of all other plays.
class YearBins final : public columns::Bins {
 public:
  static constexpr std::int64_t kLastYear = 2199;
  static constexpr std::size_t kBins = kLastYear - kFirstYear + 2;

  /// By track code: years of release, 0 where that is unknown, and what a play without a length is
  /// estimated at in milliseconds, -1 where that is unknown.
  YearBins(const std::vector<std::int32_t>& years, const std::vector<std::int64_t>& durations);

  [[nodiscard]] static std::size_t bin_of(std::int64_t year) noexcept {
    return year < kFirstYear || year > kLastYear ? 0
                                                 : static_cast<std::size_t>(year - kFirstYear + 1);
  }

  [[nodiscard]] std::size_t size() const noexcept override;
  [[nodiscard]] columns::Column columns() const noexcept override;
  void add(const columns::Batch& batch, std::span<std::uint64_t> sums) const override;
  [[nodiscard]] bool continue_with(const Bins& earlier) const override;

 private:
  struct Track {
    std::size_t bin;
    std::int64_t duration;
    friend bool operator==(const Track&, const Track&) = default;
  };
  std::vector<Track> tracks_ = {};
};

}  // namespace playmirror::stats
