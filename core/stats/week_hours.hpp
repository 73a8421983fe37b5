/// \file
/// What the plays of each hour of the local week come to.
#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/play_batch.hpp"
#include "core/stats/bin_tally.hpp"
#include "core/stats/tally.hpp"
#include "core/time/zone.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::stats {

class Selection;

inline constexpr std::size_t kHoursOfWeek = 7 * 24;

struct WeekHour {
  Tally tally = {};
  std::int64_t skips_known = 0;  ///< plays of which it is known whether they were skipped
  std::int64_t skipped = 0;
};

/// Those of all plays of the selection's period, from Monday 0:00 on, by running totals. Nothing
/// where the selection leaves plays out or has one whose length takes more than 32 bits.
[[nodiscard]] std::optional<std::array<WeekHour, kHoursOfWeek>> running_week(
    const Selection& selection);

/// Plays by the hour of the week in which they begin.
class WeekHours final : public columns::Bins {
 public:
  /// `durations` are milliseconds by track code, what a play without a length is estimated at; -1
  /// where that is unknown.
  WeekHours(std::shared_ptr<const Zone> zone, std::vector<std::int64_t> durations)
      : zone_(std::move(zone)), durations_(std::move(durations)) {}

  [[nodiscard]] const std::shared_ptr<const Zone>& zone() const noexcept { return zone_; }

  /// The sums that stand for an hour, behind those of its tally; one hour behind another.
  enum Sum : std::size_t { skips_known = BinTally::kSums, skipped };
  static constexpr std::size_t kSums = skipped + 1;

  [[nodiscard]] std::size_t size() const noexcept override { return kHoursOfWeek * kSums; }
  [[nodiscard]] columns::Column columns() const noexcept override;
  void add(const columns::Batch& batch, std::span<std::uint64_t> sums) const override;
  [[nodiscard]] bool continue_with(const Bins& earlier) const override;

 private:
  std::shared_ptr<const Zone> zone_;
  std::vector<std::int64_t> durations_;
};

}  // namespace playmirror::stats
