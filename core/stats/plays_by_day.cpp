#include "core/stats/plays_by_day.hpp"

#include "core/stats/local_time.hpp"
#include "core/stats/unit_runs.hpp"

#include <algorithm>
#include <map>

namespace playmirror::stats {
namespace {

/// A century has fewer. Were there more, most were empty: somebody's clock was wrong.
constexpr std::int64_t kMostDays = 40'000;

/// Bins for all plays; null where there would be too many.
std::shared_ptr<const DayBins> bins_of(const Selection& selection) {
  const auto zone = Zone::find(selection.filter().tz);
  const auto times = selection.plays().bounds(in_calendar({}));
  if (!times) return nullptr;
  LocalUnits days = LocalUnits::days(*zone);
  // A clock that is put back over midnight shows the day before once more.
  const std::int64_t first = days.at(times->first) - 1;
  const std::int64_t size = days.at(times->second) + 2 - first;
  if (size > kMostDays) return nullptr;
  return std::make_shared<const DayBins>(zone, first, static_cast<std::size_t>(size));
}

}  // namespace

void DayBins::add(const Batch& batch, std::span<std::uint64_t> sums) const {
  LocalUnits local = LocalUnits::days(*zone_);
  each_run(Rows(batch), local, [&](std::int64_t day, std::size_t begin, std::size_t end) {
    // Only plays of a damaged block lie outside.
    const auto bin = static_cast<std::size_t>(day - first_day_);
    if (bin < sums.size()) sums[bin] += end - begin;
  });
}

bool DayBins::continue_with(const Bins& earlier) const {
  const auto* days = dynamic_cast<const DayBins*>(&earlier);
  return days != nullptr && days->zone_ == zone_ && days->first_day_ == first_day_ &&
         days->days_ <= days_;
}

std::vector<DayCount> plays_by_day(const Selection& selection) {
  std::vector<DayCount> days;
  if (const auto bins = selection.takes_all() ? bins_of(selection) : nullptr) {
    const auto sums = selection.plays().binned(selection.period(), bins);
    for (std::size_t i = 0; i < sums.size(); ++i) {
      if (sums[i] == 0) continue;
      days.push_back(
          {bins->first_day() + static_cast<std::int64_t>(i), static_cast<std::int64_t>(sums[i])});
    }
    return days;
  }
  std::map<std::int64_t, std::int64_t> plays;
  LocalUnits local = LocalUnits::days(selection.zone());
  selection.scan(in_calendar(selection.period()), Column::played_at, [&](const Rows& rows) {
    each_run(rows, local, [&](std::int64_t day, std::size_t begin, std::size_t end) {
      plays[day] += static_cast<std::int64_t>(end - begin);
    });
  });
  for (const auto& [day, count] : plays) days.push_back({day, count});
  return days;
}

}  // namespace playmirror::stats
