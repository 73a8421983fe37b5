/// \file
/// How many plays lie in each local day that has any.
#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/play_batch.hpp"
#include "core/stats/selection.hpp"
#include "core/time/zone.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::stats {

struct DayCount {
  std::int64_t day;  ///< counted from 2000-01-01
  std::int64_t plays;
};

/// In order of day. Takes memory for days with plays only, wherever they lie.
[[nodiscard]] std::vector<DayCount> plays_by_day(const Selection& selection);

/// Plays by local day, of a range of days.
class DayBins final : public columns::Bins {
 public:
  DayBins(std::shared_ptr<const Zone> zone, std::int64_t first_day, std::size_t days)
      : zone_(std::move(zone)), first_day_(first_day), days_(days) {}

  [[nodiscard]] std::int64_t first_day() const noexcept { return first_day_; }

  [[nodiscard]] std::size_t size() const noexcept override { return days_; }
  [[nodiscard]] columns::Column columns() const noexcept override { return Column::played_at; }
  void add(const Batch& batch, std::span<std::uint64_t> sums) const override;
  [[nodiscard]] bool continue_with(const Bins& earlier) const override;

 private:
  std::shared_ptr<const Zone> zone_;
  std::int64_t first_day_;
  std::size_t days_;
};

}  // namespace playmirror::stats
