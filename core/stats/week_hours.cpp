#include "core/stats/week_hours.hpp"

#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/unit_runs.hpp"

#include <algorithm>
#include <limits>

namespace playmirror::stats {

columns::Column WeekHours::columns() const noexcept {
  return Column::played_at | Column::track | Column::listened_ms | Column::skipped;
}

void WeekHours::add(const Batch& batch, std::span<std::uint64_t> sums) const {
  constexpr std::int64_t kMostMs = std::numeric_limits<std::uint32_t>::max();
  LocalUnits local = LocalUnits::hours(*zone_);
  each_run(Rows(batch), local, [&](std::int64_t hour, std::size_t begin, std::size_t end) {
    std::array<std::uint64_t, kSums> run{};
    run[plays] = end - begin;
    for (std::size_t row = begin; row < end; ++row) {
      // No branch: what a play has follows no rule that a processor could guess.
      const std::int64_t listened = listened_ms(batch, row);
      const std::int64_t estimate = durations_[batch.track[row]];
      const std::int64_t known = listened >= 0 ? 1 : 0;
      const std::int64_t guessed = (known ^ 1) & (estimate >= 0 ? 1 : 0);
      const std::int64_t heard = listened & -known;
      const std::int64_t guess = estimate & -guessed;
      run[measured] += static_cast<std::uint64_t>(known);
      run[measured_ms] += static_cast<std::uint64_t>(heard);
      run[estimated] += static_cast<std::uint64_t>(guessed);
      run[estimated_ms] += static_cast<std::uint64_t>(guess);
      run[skips_known] += batch.skipped[row] != columns::kSkipUnknown ? 1 : 0;
      run[skipped] += batch.skipped[row] == columns::kSkipped ? 1 : 0;
      run[wide] += std::max(heard, guess) > kMostMs ? 1 : 0;
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
  const bool guesses = selection.filter().time_basis == TimeBasis::measured_or_duration;
  const auto bins = selection.facts().week_hours(Zone::find(selection.filter().tz));
  const auto sums = selection.plays().binned(selection.period(), bins);
  std::array<WeekHour, kHoursOfWeek> hours{};
  for (std::size_t hour = 0; hour < kHoursOfWeek; ++hour) {
    const auto sum = [&](WeekHours::Sum which) {
      return static_cast<std::int64_t>(sums[hour * WeekHours::kSums + which]);
    };
    if (sum(WeekHours::wide) != 0) return std::nullopt;
    hours[hour] = {{.plays = sum(WeekHours::plays),
                    .measured_ms = sum(WeekHours::measured_ms),
                    .estimated_ms = guesses ? sum(WeekHours::estimated_ms) : 0,
                    .measured = sum(WeekHours::measured),
                    .estimated = guesses ? sum(WeekHours::estimated) : 0},
                   sum(WeekHours::skips_known),
                   sum(WeekHours::skipped)};
  }
  return hours;
}

}  // namespace playmirror::stats
