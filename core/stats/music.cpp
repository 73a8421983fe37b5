/// Stats::genres, genre_by_daypart, eras.

#include "core/known_value.hpp"
#include "core/stats/answer.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/plays_by_year.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/ratio.hpp"

#include <playmirror/stats.hpp>
#include <playmirror/stats_music_members.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <string>

namespace playmirror {
namespace {

using columns::Batch;
using stats::ratio;
using stats::Rows;
using stats::Selection;
using stats::Tally;

constexpr std::size_t kDayparts = 4;

}  // namespace

Genres Stats::genres(const StatsFilter& filter) const {
  return at_one_moment([&](const Stats& here) {
    const Selection selection(here.pinned_, filter);
    Genres result;
    const auto& groups = selection.facts().genres();
    for (const auto& [track, plays] : selection.track_counts()) {
      result.plays += plays;
      if (groups.of(track)[0] == 0) result.plays_unknown += plays;
    }
    result.unknown_share = ratio(result.plays_unknown, result.plays);
    StatsFilter same_now = filter;
    same_now.now = selection.now();
    result.genres = here.top_genres(same_now);
    std::erase_if(result.genres, [](const TopGenre& genre) { return !genre.genre; });
    return result;
  });
}

std::vector<DaypartGenre> Stats::genre_by_daypart(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto& genres = selection.facts().genres();
    std::vector<std::array<std::int64_t, kDayparts>> plays(selection.facts().tracks());
    stats::LocalUnits local = stats::LocalUnits::hours(selection.zone());
    selection.scan(stats::in_calendar(selection.period()),
                   stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                     const Batch& batch = rows.batch();
                     rows.each([&](std::size_t row) {
                       const std::size_t hour =
                           stats::hour_of_week(local.at(batch.played_at[row])) % 24;
                       ++plays[batch.track[row]][hour / 6];
                     });
                   });
    std::vector<std::array<stats::GroupTally, kDayparts>> sums(genres.count);
    stats::GroupTallies all(genres.count);
    std::array<std::int64_t, kDayparts> in_daypart{};
    for (std::uint32_t track = 0; track < plays.size(); ++track) {
      const auto of_track = genres.of(track);
      const std::int64_t part =
          stats::part_of(filter.genre_weight == GenreWeight::split, of_track.size());
      for (std::size_t daypart = 0; daypart < kDayparts; ++daypart) {
        const std::int64_t times = plays[track][daypart];
        if (times == 0) continue;
        in_daypart[daypart] += times;
        for (const std::uint32_t genre : of_track) {
          for (stats::GroupTally* sum : {&sums[genre][daypart], &all[genre]}) {
            sum->tally.plays += times;
            sum->parts += times * part;
          }
        }
      }
    }

    StatsFilter by_plays = filter;
    by_plays.by = Rank::plays;
    std::vector<DaypartGenre> result;
    const auto places = stats::rank_groups(by_plays, all, genres.order);
    for (std::size_t daypart = 0; daypart < kDayparts; ++daypart) {
      for (const stats::Place& place : places) {
        const stats::GroupTally& sum = sums[place.group][daypart];
        if (sum.tally.plays == 0) continue;
        DaypartGenre& row = result.emplace_back();
        row.daypart = static_cast<Daypart>(daypart);
        if (place.group != 0) row.genre = selection.facts().genre(place.group);
        row.plays = sum.tally.plays;
        row.weight = sum.weight();
        row.share = row.weight / static_cast<double>(in_daypart[daypart]);
      }
    }
    return result;
  });
}

Eras Stats::eras(const StatsFilter& filter, EraUnit unit) const {
  require_known("unit", unit);
  return of_selection(filter, [&](const Selection& selection) {
    const std::int64_t today =
        calendar::floor_divide(selection.zone().local(selection.now().postgres_micros()),
                               calendar::kMicrosPerDay)
            .quotient;
    const std::int64_t last_year = calendar::date_of(today).year + 1;
    Eras result;
    const auto tallies = stats::plays_by_year(selection, last_year);
    result.plays = tallies.plays;
    result.plays_unknown = tallies.plays_unknown;
    stats::Weighted values;
    std::map<std::int64_t, Tally> eras;
    std::int64_t year = stats::kFirstYear - 1;
    for (const Tally& tally : tallies.years) {
      ++year;
      if (tally.plays == 0) continue;
      values.emplace_back(static_cast<double>(year), tally.plays);
      eras[unit == EraUnit::year ? year : year / 10 * 10] += tally;
    }
    result.unknown_share = ratio(result.plays_unknown, result.plays);
    result.median_year = stats::percentile(values, result.plays - result.plays_unknown, 0.5);
    for (const auto& [first, tally] : eras) {
      result.eras.push_back({std::to_string(first) + (unit == EraUnit::decade ? "s" : ""), first,
                             tally.plays, tally.time(), *ratio(tally.plays, result.plays)});
    }
    return result;
  });
}

}  // namespace playmirror
