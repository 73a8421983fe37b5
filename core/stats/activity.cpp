/// Stats::activity, clock, heatmap: plays along the calendar.

#include "core/known_value.hpp"
#include "core/stats/answer.hpp"
#include "core/stats/distinct.hpp"
#include "core/stats/intervals.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"
#include "core/stats/unit_runs.hpp"
#include "core/stats/week_hours.hpp"

#include <playmirror/stats.hpp>
#include <playmirror/stats_rhythm_members.hpp>

#include <algorithm>
#include <array>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::Rows;
using stats::Selection;
using stats::Tally;

using stats::kHoursOfWeek;

constexpr std::size_t kHours = 24;

/// The listening time of each hour of the week that plays cover, in place of that at their
/// timestamps. Each play is cut at full hours; the parts add up to its milliseconds.
void spread_time(const Selection& selection, std::array<Tally, kHoursOfWeek>& hours) {
  for (Tally& tally : hours) tally.measured_ms = tally.estimated_ms = 0;
  const stats::Intervals intervals(selection);
  const auto& estimates = selection.estimates();
  stats::LocalUnits local = stats::LocalUnits::hours(selection.zone());
  selection.scan(
      stats::in_calendar(selection.period()), stats::Intervals::kColumns, [&](const Rows& rows) {
        const Batch& batch = rows.batch();
        rows.each([&](std::size_t row) {
          const bool measured = stats::listened_ms(batch, row) >= 0;
          if (!measured && estimates[batch.track[row]] < 0) return;
          const std::int64_t ms = intervals.length_ms(batch, row);
          const std::int64_t begin = intervals.begin(batch, row);
          for (std::int64_t done = 0; done < ms;) {
            const std::int64_t hour = local.at(begin + done * 1'000);
            // At least one, since the hour may end within a millisecond.
            const std::int64_t upto = std::clamp((local.end() - begin) / 1'000, done + 1, ms);
            Tally& tally = hours[stats::hour_of_week(hour)];
            (measured ? tally.measured_ms : tally.estimated_ms) += upto - done;
            done = upto;
          }
        });
      });
}

/// Plays and time by the hour in which the plays begin.
std::array<Tally, kHoursOfWeek> week_of_beginnings(const Selection& selection) {
  std::array<Tally, kHoursOfWeek> hours{};
  if (const auto running = stats::running_week(selection)) {
    std::ranges::transform(*running, hours.begin(), &stats::WeekHour::tally);
    return hours;
  }
  const auto& estimates = selection.estimates();
  stats::LocalUnits local = stats::LocalUnits::hours(selection.zone());
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track | stats::Column::listened_ms,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   stats::each_run(
                       rows, local, [&](std::int64_t hour, std::size_t begin, std::size_t end) {
                         Tally tally;
                         for (std::size_t i = begin; i < end; ++i) {
                           const std::size_t row = rows[i];
                           tally.add(stats::listened_ms(batch, row), estimates[batch.track[row]]);
                         }
                         hours[stats::hour_of_week(hour)] += tally;
                       });
                 });
  return hours;
}

std::array<Tally, kHoursOfWeek> week(const Selection& selection, Attribution attribution) {
  require_known("attribution", attribution);
  auto hours = week_of_beginnings(selection);
  if (attribution == Attribution::spread) spread_time(selection, hours);
  return hours;
}

}  // namespace

std::vector<ActivityBucket> Stats::activity(const StatsFilter& filter, Unit unit) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto [since, until] = stats::covered(selection);
    const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
    std::vector<ActivityBucket> buckets;
    buckets.reserve(series.buckets().size());
    for (const auto& bucket : series.buckets()) {
      buckets.push_back({.local_start = bucket.local,
                         .start = stats::to_timestamp(bucket.begin),
                         .end = stats::to_timestamp(bucket.end)});
    }
    if (buckets.empty()) return buckets;

    const auto& estimates = selection.estimates();
    const auto& groups = selection.facts().track_groups(filter.track_identity).single();
    const Groups& artists = selection.facts().artists(filter.artist_credit);
    std::vector<stats::MetUnits> tracks(groups.size());
    std::vector<stats::MetUnits> credited(artists.count);
    std::vector<Tally> tallies(buckets.size());
    stats::PieceWalker walker(series.pieces());
    selection.scan({since, until},
                   stats::Column::played_at | stats::Column::track | stats::Column::listened_ms,
                   [&](const Rows& rows) {
                     const Batch& batch = rows.batch();
                     for (std::size_t i = 0; i < rows.size();) {
                       const std::int64_t number = walker.at(batch.played_at[rows[i]]);
                       Tally tally;
                       std::int64_t of_tracks = 0;
                       std::int64_t of_artists = 0;
                       do {
                         const std::size_t row = rows[i];
                         const std::uint32_t track = batch.track[row];
                         tally.add(stats::listened_ms(batch, row), estimates[track]);
                         if (groups[track] == 0) continue;
                         of_tracks += tracks[groups[track]].first(number) ? 1 : 0;
                         for (const std::uint32_t artist : artists.of(track)) {
                           const bool is_first = credited[artist].first(number);
                           of_artists += (is_first & (artist != 0)) ? 1 : 0;
                         }
                       } while (++i < rows.size() && batch.played_at[rows[i]] < walker.end());
                       const auto index = static_cast<std::size_t>(number);
                       tallies[index] += tally;
                       buckets[index].tracks += of_tracks;
                       buckets[index].artists += of_artists;
                     }
                   });
    for (std::size_t i = 0; i < buckets.size(); ++i) {
      buckets[i].plays = tallies[i].plays;
      buckets[i].time = tallies[i].time();
    }
    return buckets;
  });
}

std::vector<ClockHour> Stats::clock(const StatsFilter& filter, Attribution attribution) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto hours = week(selection, attribution);
    std::vector<ClockHour> clock;
    for (std::size_t hour = 0; hour < kHours; ++hour) {
      Tally tally;
      for (std::size_t i = hour; i < kHoursOfWeek; i += kHours) tally += hours[i];
      clock.push_back({static_cast<std::int64_t>(hour), tally.plays, tally.time()});
    }
    return clock;
  });
}

std::vector<HeatmapCell> Stats::heatmap(const StatsFilter& filter, Attribution attribution) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto hours = week(selection, attribution);
    std::vector<HeatmapCell> cells;
    for (std::size_t i = 0; i < kHoursOfWeek; ++i) {
      cells.push_back({static_cast<Weekday>(i / kHours), static_cast<std::int64_t>(i % kHours),
                       hours[i].plays, hours[i].time()});
    }
    return cells;
  });
}

}  // namespace playmirror
