#include "core/stats/week_hours.hpp"

#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/unit_runs.hpp"

#include <algorithm>

namespace playmirror::stats {

columns::Column WeekHours::columns() const noexcept {
  return Column::played_at | Column::track | Column::listened_ms | Column::skipped;
}

void WeekHours::add(const Batch& batch, std::span<std::uint64_t> sums) const {
  LocalUnits local = LocalUnits::hours(*zone_);
  each_run(Rows(batch), local, [&](std::int64_t hour, std::size_t begin, std::size_t end) {
    std::array<std::uint64_t, kSums> run{};
    for (std::size_t row = begin; row < end; ++row) {
      BinTally::add(std::span(run).first<BinTally::kSums>(), listened_ms(batch, row),
                    durations_[batch.track[row]]);
      run[skips_known] += batch.skipped[row] != columns::kSkipUnknown ? 1 : 0;
      run[skipped] += batch.skipped[row] == columns::kSkipped ? 1 : 0;
    }
    const std::span of_hour = sums.subspan(hour_of_week(hour) * kSums, kSums);
    for (std::size_t sum = 0; sum < kSums; ++sum) of_hour[sum] += run[sum];
  });
}

bool WeekHours::continue_with(const Bins& earlier) const {
  if (this == &earlier) return true;
  const auto* hours = dynamic_cast<const WeekHours*>(&earlier);
  return hours != nullptr && hours->zone_ == zone_ &&
         hours->durations_.size() <= durations_.size() &&
         std::ranges::equal(hours->durations_,
                            std::span(durations_).first(hours->durations_.size()));
}

std::optional<std::array<WeekHour, kHoursOfWeek>> running_week(const Selection& selection) {
  if (!selection.takes_all()) return std::nullopt;
  const auto bins = selection.facts().week_hours(Zone::find(selection.filter().tz));
  const auto sums = selection.plays().binned(selection.period(), bins);
  std::array<WeekHour, kHoursOfWeek> hours{};
  for (std::size_t hour = 0; hour < kHoursOfWeek; ++hour) {
    const std::span of_hour = std::span(sums).subspan(hour * WeekHours::kSums, WeekHours::kSums);
    const auto tally =
        BinTally::of(of_hour.first<BinTally::kSums>(), selection.filter().time_basis);
    if (!tally) return std::nullopt;
    hours[hour] = {*tally, static_cast<std::int64_t>(of_hour[WeekHours::skips_known]),
                   static_cast<std::int64_t>(of_hour[WeekHours::skipped])};
  }
  return hours;
}

}  // namespace playmirror::stats
