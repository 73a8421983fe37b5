/// Stats::milestones, on_this_day, moods, completion, evolution.

#include "core/stats/answers.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"

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

/// Shares of a track by whole tenths, from none to all of it.
constexpr std::size_t kShares = 11;

/// How many whole tenths of a track were listened to, without a division or a branch for each play.
class Tenths {
 public:
  explicit Tenths(const std::vector<std::int64_t>& durations) {
    per_ms_.reserve(durations.size());
    for (const std::int64_t duration : durations) {
      per_ms_.push_back(duration > 0 ? 10 / static_cast<double>(duration) : 0);
    }
  }

  /// One more than the tenths, and 0 where the length or the time is unknown.
  [[nodiscard]] std::size_t operator()(std::uint32_t track, std::int64_t listened) const noexcept {
    // What is added is less than lies between two times, and more than rounding takes away from any
    // within 3,000 years. So the product is never whole, and positive only if all is known.
    const double bounded = static_cast<double>(std::min(listened, kMostListened)) + 0.05;
    const double tenths = bounded * per_ms_[track];
    const auto place = static_cast<std::int64_t>(tenths) + static_cast<std::int64_t>(tenths > 0);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(place, 0, kShares));
  }

 private:
  /// That many ms times ten still are an integer.
  static constexpr std::int64_t kMostListened = std::int64_t{1} << 50;

  std::vector<double> per_ms_;
};

}  // namespace

std::vector<Milestone> Stats::milestones(const StatsFilter& filter, std::int64_t every) const {
  if (every < 1) {
    raise(ErrorCode::invalid_argument, "every is less than 1", {.hint = "1 lists every play."});
  }
  const Selection selection(moment(), filter);
  std::vector<Milestone> found;
  std::int64_t passed = 0;
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track | stats::Column::id,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   const std::int64_t size = std::ssize(rows);
                   std::int64_t next = every - passed % every;  // counted from 1
                   for (; next <= size; next += every) {
                     const std::size_t row = rows[static_cast<std::size_t>(next - 1)];
                     Milestone& milestone = found.emplace_back();
                     milestone.number = passed + next;
                     milestone.id = batch.id[row];
                     milestone.played_at = stats::to_timestamp(batch.played_at[row]);
                     if (batch.track[row] == columns::kNone) continue;
                     const auto entry = selection.plays().track(batch.track[row]);
                     milestone.track_id = std::string(entry.id);
                     milestone.name = stats::own_text(entry.name);
                     milestone.artist = stats::own_text(entry.artist);
                   }
                   passed += size;
                 });
  return found;
}

std::vector<RecentPlay> Stats::on_this_day(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
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
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track | stats::Column::id,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     if (!selection.facts().known(batch.track[row])) return;
                     if (day_of(local.at(batch.played_at[row])) != today) return;
                     const auto entry = selection.plays().track(batch.track[row]);
                     found.push_back({batch.id[row], std::string(entry.id),
                                      stats::own_text(entry.name), stats::own_text(entry.artist),
                                      stats::to_timestamp(batch.played_at[row])});
                   });
                 });
  std::ranges::reverse(found);
  return found;
}

Moods Stats::moods(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
  const auto& features = selection.facts().features();
  constexpr auto place = [](std::string_view name) {
    return static_cast<std::size_t>(std::ranges::find(stats::kFeatures, name) -
                                    stats::kFeatures.begin());
  };
  constexpr double kMiddle = 0.5;
  constexpr auto tenth = [](double value) {
    return static_cast<std::size_t>(std::clamp(value * 10, 0.0, 9.0));
  };
  Moods result;
  result.grid.assign(100, 0);
  const auto counts = selection.track_counts();
  for (std::size_t track = 0; track < counts.size(); ++track) {
    const std::int64_t plays = counts[track];
    const auto& values = features[track].values;
    const auto& valence = values[place("valence")];
    const auto& energy = values[place("energy")];
    result.plays += plays;
    if (!valence || !energy) {
      result.unknown += plays;
      continue;
    }
    result.grid[tenth(*energy) * 10 + tenth(*valence)] += plays;
    if (*energy >= kMiddle) {
      (*valence >= kMiddle ? result.happy : result.angry) += plays;
    } else {
      (*valence >= kMiddle ? result.calm : result.sad) += plays;
    }
  }
  if (result.plays > 0) {
    result.unknown_share = static_cast<double>(result.unknown) / static_cast<double>(result.plays);
  }
  return result;
}

Completion Stats::completion(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
  const Tenths tenths_of(selection.facts().durations());
  // Four counters take turns: most plays are whole, and an addition to the counter that was just
  // written would wait for it. The first one of each is of what is unknown.
  std::array<std::array<std::int64_t, 1 + kShares>, 4> counts{};
  selection.scan(stats::Column::track | stats::Column::listened_ms, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      const std::size_t tenths = tenths_of(batch.track[row], stats::listened_ms(batch, row));
      ++counts[row % counts.size()][tenths];
    });
  });
  Completion result;
  result.tenths.assign(kShares, 0);
  for (const auto& each : counts) {
    result.plays += each[0];
    for (std::size_t tenths = 0; tenths < kShares; ++tenths)
      result.tenths[tenths] += each[tenths + 1];
  }
  for (const std::int64_t plays : result.tenths) result.known += plays;
  result.plays += result.known;
  const std::int64_t completed = result.tenths[9] + result.tenths[10];
  if (result.known > 0) {
    result.completed_share = static_cast<double>(completed) / static_cast<double>(result.known);
  }
  return result;
}

std::vector<EvolutionPoint> Stats::evolution(const StatsFilter& filter, Entity entity,
                                             Unit unit) const {
  if (entity != Entity::track && entity != Entity::artist && entity != Entity::genre) {
    raise(ErrorCode::invalid_argument, "evolution is of tracks, artists or genres",
          {.hint = "Give one of these as `entity`."});
  }
  const Stats here = at_one_moment();
  const Selection selection(here.moment(), filter);
  const bool tracks = entity == Entity::track;
  Groups own;
  if (tracks) own = stats::track_groups(selection);
  const Groups& members = tracks ? own : stats::groups_of(selection, entity);
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
      point.rank = 1 + std::ranges::count_if(
                           plays[bucket], [&](std::int64_t other) { return other > point.plays; });
    }
  }
  return points;
}

}  // namespace playmirror
