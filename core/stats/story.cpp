/// Stats::milestones, on_this_day, moods, completion, evolution.

#include "core/stats/answer.hpp"
#include "core/stats/answers.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/tenths.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <string>
#include <string_view>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::Rows;
using stats::Selection;

/// Of an evolution: what a picture could show many times over, and memory holds.
constexpr std::size_t kMostPoints = 5'000'000;

}  // namespace

std::vector<Milestone> Stats::milestones(const StatsFilter& filter, std::int64_t every) const {
  if (every < 1) {
    raise(ErrorCode::invalid_argument, "every is less than 1", {.hint = "1 lists every play."});
  }
  return of_selection(filter, [&](const Selection& selection) {
    std::vector<Milestone> found;
    std::vector<columns::Place> places;
    std::int64_t passed = 0;
    selection.scan(stats::in_calendar(selection.period()),
                   stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                     const Batch& batch = rows.batch();
                     const std::int64_t size = std::ssize(rows);
                     std::int64_t next = every - passed % every;  // counted from 1
                     for (; next <= size; next += every) {
                       const std::size_t row = rows[static_cast<std::size_t>(next - 1)];
                       Milestone& milestone = found.emplace_back();
                       milestone.number = passed + next;
                       places.push_back(batch.place(row));
                       milestone.played_at = stats::to_timestamp(batch.played_at[row]);
                       if (batch.track[row] == columns::kNone) continue;
                       const auto entry = selection.plays().track(batch.track[row]);
                       milestone.track_id = std::string(entry.id);
                       milestone.name = stats::own_text(entry.name);
                       milestone.artist = stats::own_text(entry.artist);
                     }
                     passed += size;
                   });
    const auto ids = selection.plays().ids(places);
    for (std::size_t i = 0; i < ids.size(); ++i) found[i].id = ids[i];
    return found;
  });
}

std::vector<RecentPlay> Stats::on_this_day(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto day_of = [&](std::int64_t local_day) {
      const calendar::Date date = calendar::date_of(local_day);
      return std::pair{date.month, date.day};
    };
    const auto today =
        day_of(calendar::floor_divide(selection.zone().local(selection.now().postgres_micros()),
                                      calendar::kMicrosPerDay)
                   .quotient);
    stats::LocalUnits local = stats::LocalUnits::days(selection.zone());
    std::vector<RecentPlay> found;
    std::vector<columns::Place> places;
    selection.scan(stats::in_calendar(selection.period()),
                   stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                     const Batch& batch = rows.batch();
                     rows.each([&](std::size_t row) {
                       if (!selection.facts().known(batch.track[row])) return;
                       if (day_of(local.at(batch.played_at[row])) != today) return;
                       const auto entry = selection.plays().track(batch.track[row]);
                       places.push_back(batch.place(row));
                       found.push_back({0, std::string(entry.id), stats::own_text(entry.name),
                                        stats::own_text(entry.artist),
                                        stats::to_timestamp(batch.played_at[row])});
                     });
                   });
    const auto ids = selection.plays().ids(places);
    for (std::size_t i = 0; i < ids.size(); ++i) found[i].id = ids[i];
    std::ranges::reverse(found);
    return found;
  });
}

Moods Stats::moods(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto& traits = selection.facts().features().traits();
    std::array<std::int64_t, stats::Features::kMoods + 1> plays_of{};
    for (const auto& [track, plays] : selection.track_counts()) {
      plays_of[traits[track].mood] += plays;
    }
    Moods result;
    result.grid.assign(100, 0);
    for (std::uint16_t number = 0; number < stats::Features::kMoods; ++number) {
      const stats::Features::Mood mood(number);
      const std::int64_t plays = plays_of[number];
      result.plays += plays;
      result.grid[mood.tenths] += plays;
      if (mood.is_energetic) {
        (mood.is_valent ? result.happy : result.angry) += plays;
      } else {
        (mood.is_valent ? result.calm : result.sad) += plays;
      }
    }
    result.unknown = plays_of.back();
    result.plays += result.unknown;
    if (result.plays > 0) {
      result.unknown_share =
          static_cast<double>(result.unknown) / static_cast<double>(result.plays);
    }
    return result;
  });
}

Completion Stats::completion(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto tenths = selection.facts().tenths();
    std::vector<std::uint64_t> counts(tenths->size());
    if (selection.takes_all()) {
      counts = selection.plays().binned(selection.period(), tenths);
    } else {
      selection.scan(tenths->columns(), [&](const Rows& rows) { tenths->add(rows, counts); });
    }
    Completion result;
    result.plays = counts.front();  // those of unknown share
    result.tenths.assign(counts.begin() + 1, counts.end());
    for (const std::int64_t plays : result.tenths) result.known += plays;
    result.plays += result.known;
    const std::int64_t completed = result.tenths[9] + result.tenths[10];
    if (result.known > 0) {
      result.completed_share = static_cast<double>(completed) / static_cast<double>(result.known);
    }
    return result;
  });
}

std::vector<EvolutionPoint> Stats::evolution(const StatsFilter& filter, Entity entity,
                                             Unit unit) const {
  if (entity != Entity::track && entity != Entity::artist && entity != Entity::genre) {
    raise(ErrorCode::invalid_argument, "evolution is of tracks, artists or genres",
          {.hint = "Give one of these as `entity`."});
  }
  return of_selection(filter, [&](const Selection& selection) {
    const bool tracks = entity == Entity::track;
    const Groups& members = stats::groups_of(selection, entity);
    const stats::Wanted wanted{.time = true, .days = filter.by == Rank::days};
    const auto places =
        stats::rank_groups(filter, stats::tally_groups(selection, entity, wanted), members.order);
    std::vector<std::uint32_t> leading;
    for (const stats::Place& place : places) {
      if (place.group != 0) leading.push_back(place.group);
    }
    std::vector<std::size_t> column(members.count, leading.size());
    for (std::size_t i = 0; i < leading.size(); ++i) column[leading[i]] = i;

    const auto [since, until] = stats::covered(selection);
    const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
    if (series.buckets().size() * leading.size() > kMostPoints) {
      raise(ErrorCode::invalid_argument, "that makes more than five million points",
            {.hint = "Give a limit, a shorter period or a longer unit."});
    }
    std::vector<std::vector<std::int64_t>> plays(series.buckets().size(),
                                                 std::vector<std::int64_t>(leading.size(), 0));
    if (!plays.empty()) {
      stats::PieceWalker walker(series.pieces());
      selection.scan(
          {since, until}, stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
            const Batch& batch = rows.batch();
            rows.each([&](std::size_t row) {
              auto& bucket = plays[static_cast<std::size_t>(walker.at(batch.played_at[row]))];
              for (const std::uint32_t group : members.of(batch.track[row])) {
                if (column[group] < leading.size()) ++bucket[column[group]];
              }
            });
          });
    }
    std::vector<EvolutionPoint> points;
    for (std::size_t i = 0; i < leading.size(); ++i) {
      std::string key;
      std::optional<std::string> name;
      if (tracks) {
        const auto entry = selection.plays().track(leading[i]);
        key = entry.id;
        name = stats::own_text(entry.name);
      } else if (entity == Entity::genre) {
        key = selection.facts().genre(leading[i]);
        name = key;
      } else {
        const auto& entry = selection.plays().artists()[leading[i]];
        key = entry.id;
        name = stats::own_text(entry.name);
      }
      for (std::size_t bucket = 0; bucket < plays.size(); ++bucket) {
        EvolutionPoint& point = points.emplace_back();
        point.key = key;
        point.name = name;
        point.local_start = series.buckets()[bucket].local;
        point.start = stats::to_timestamp(series.buckets()[bucket].begin);
        point.plays = plays[bucket][i];
        if (point.plays == 0) continue;
        point.rank = 1 + std::ranges::count_if(plays[bucket], [&](std::int64_t other) {
                       return other > point.plays;
                     });
      }
    }
    return points;
  });
}

}  // namespace playmirror
