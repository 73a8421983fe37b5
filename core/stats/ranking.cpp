#include "core/stats/ranking.hpp"

#include "core/stats/distinct.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/sort_leading.hpp"

#include <algorithm>
#include <array>
#include <limits>
#include <numeric>

namespace playmirror::stats {
namespace {

/// The first and the last finite instant of plays in order of time.
struct Ends {
  std::int64_t first_at = columns::kNoTime;
  std::int64_t last_at = columns::kNegativeInfinity;

  void meet(std::int64_t at) noexcept {
    if (!columns::is_finite_time(at)) return;
    if (first_at == columns::kNoTime) first_at = at;
    last_at = at;
  }
};

/// One line of a cache: plays meet tracks in no order.
struct alignas(64) PlaySums {
  Tally tally = {};
  std::int64_t skips = 0;
  Ends ends = {};
};

Column columns_for(Wanted wanted) {
  Column needed = Column::none;
  if (wanted.time) needed = Column::listened_ms | Column::skipped | Column::track;
  if (wanted.days) needed = needed | Column::played_at;
  return needed;
}

/// One pass over the plays: sums by `code_of` a row, and days of `groups_at` a row.
template <typename CodeOf, typename GroupsAt>
std::vector<PlaySums> sum_plays(const Selection& selection, Wanted wanted, Column code_column,
                                std::size_t codes, CodeOf&& code_of, GroupsAt&& groups_at,
                                std::vector<GroupTally>& groups) {
  std::vector<PlaySums> sums(codes);
  const auto& estimates = selection.estimates();
  // Apart from the rest of the groups, so that both stay near.
  struct Days {
    MetUnits met = {};
    std::uint32_t active = 0;
  };
  std::vector<Days> days_of(groups.size());
  LocalUnits days = LocalUnits::days(selection.zone());
  const columns::Period calendar = in_calendar({});
  selection.scan(columns_for(wanted) | code_column, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      const std::uint32_t code = code_of(batch, row);
      PlaySums& sum = sums[code];
      if (wanted.time) {
        sum.tally.add(listened_ms(batch, row), estimates[batch.track[row]]);
        sum.skips += batch.skipped[row] == columns::kSkipped ? 1 : 0;
      } else {
        ++sum.tally.plays;
      }
      if (wanted.days) {
        const std::int64_t at = batch.played_at[row];
        sum.ends.meet(at);
        if (at < *calendar.since || at >= *calendar.until) return;
        const std::int64_t day = days.at(at);
        for (const std::uint32_t group : groups_at(code)) {
          days_of[group].active += days_of[group].met.first(day) ? 1 : 0;
        }
      }
    });
  });
  for (std::size_t group = 0; group < groups.size(); ++group)
    groups[group].days = days_of[group].active;
  return sums;
}

/// The sums that take no look at each play, where the selection allows.
std::vector<PlaySums> plain_sums(const Selection& selection, Wanted wanted) {
  std::vector<PlaySums> sums(selection.facts().tracks());
  if (wanted.time) {
    const auto tallies = selection.track_tallies();
    for (std::size_t code = 0; code < sums.size(); ++code) {
      sums[code].tally = tallies[code].tally;
      sums[code].skips = tallies[code].skips;
    }
  } else {
    const auto counts = selection.track_counts();
    for (std::size_t code = 0; code < sums.size(); ++code) sums[code].tally.plays = counts[code];
  }
  return sums;
}

void add(GroupTally& group, const PlaySums& sums, std::int64_t part) {
  group.tally += sums.tally;
  group.parts += sums.tally.plays * part;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t parts_ms = 0;
  if (__builtin_mul_overflow(sums.tally.ms(), part, &parts_ms) ||
      __builtin_add_overflow(group.parts_ms, parts_ms, &group.parts_ms)) {
    group.parts_ms = kMost;
  }
  group.skips += sums.skips;
  group.first_at = std::min(group.first_at, sums.ends.first_at);
  group.last_at = std::max(group.last_at, sums.ends.last_at);
}

bool splits(const StatsFilter& filter, Entity entity) {
  return (entity == Entity::artist && filter.artist_credit == ArtistCredit::split) ||
         (entity == Entity::genre && filter.genre_weight == GenreWeight::split);
}

}  // namespace

double all_plays(const Selection& selection) {
  std::int64_t plays = 0;
  if (selection.takes_all()) {
    plays = static_cast<std::int64_t>(selection.plays().count(selection.period()));
  } else {
    selection.scan(Column::none,
                   [&](const Rows& rows) { plays += static_cast<std::int64_t>(rows.size()); });
  }
  return static_cast<double>(plays);
}

const Groups& groups_of(const Selection& selection, Entity entity) {
  if (entity == Entity::artist) return selection.facts().artists(selection.filter().artist_credit);
  if (entity == Entity::album) return selection.facts().albums();
  return selection.facts().genres();
}

Groups track_groups(const Selection& selection) {
  Groups groups;
  Facts& facts = selection.facts();
  const auto& identity = selection.identity();
  for (std::uint32_t code = 0; code < facts.tracks(); ++code) {
    const std::uint32_t group = facts.known(code) ? identity[code] : 0;
    groups.add({&group, 1});
  }
  groups.count = facts.tracks();
  groups.order = facts.order();
  return groups;
}

std::vector<std::uint32_t> context_order(const Selection& selection) {
  const auto& contexts = selection.plays().contexts();
  std::vector<std::uint32_t> order(contexts.size() - 1);
  std::iota(order.begin(), order.end(), 1U);
  std::ranges::sort(order, {}, [&](std::uint32_t code) { return contexts[code].id; });
  return order;
}

std::vector<GroupTally> tally_groups(const Selection& selection, Entity entity, Wanted wanted) {
  if (entity == Entity::context) {
    std::vector<GroupTally> groups(selection.plays().contexts().size());
    const auto sums = sum_plays(
        selection, wanted, Column::context, groups.size(),
        [](const Batch& batch, std::size_t row) { return batch.context[row]; },
        [](std::uint32_t context) { return std::array{context}; }, groups);
    for (std::size_t code = 0; code < groups.size(); ++code) add(groups[code], sums[code], kWhole);
    return groups;
  }
  Groups own;
  if (entity == Entity::track) own = track_groups(selection);
  const Groups& members = entity == Entity::track ? own : groups_of(selection, entity);
  std::vector<GroupTally> groups(members.count);
  const auto sums = wanted.days
                        ? sum_plays(
                              selection, wanted, Column::track, selection.facts().tracks(),
                              [](const Batch& batch, std::size_t row) { return batch.track[row]; },
                              [&](std::uint32_t track) { return members.of(track); }, groups)
                        : plain_sums(selection, wanted);
  const bool split = splits(selection.filter(), entity);
  for (std::uint32_t track = 0; track < sums.size(); ++track) {
    const auto of_track = members.of(track);
    if (sums[track].tally.plays == 0) continue;
    const std::int64_t part = part_of(split, of_track.size());
    for (const std::uint32_t group : of_track) add(groups[group], sums[track], part);
  }
  return groups;
}

bool ranks_by_sums(const Selection& selection, Entity entity) {
  return entity != Entity::context && selection.takes_all() && selection.filter().by != Rank::days;
}

void add_days(const Selection& selection, const Groups& members,
              const std::vector<std::uint32_t>& of, std::vector<GroupTally>& groups) {
  // Which of them a track belongs to: none, as a rule.
  std::vector<std::uint32_t> place(members.count, 0);
  std::uint32_t number = 0;
  for (const std::uint32_t group : of) place[group] = ++number;
  Groups wanted;
  std::vector<char> belongs(selection.facts().tracks(), 0);
  std::vector<std::uint32_t> places;
  for (std::uint32_t track = 0; track < belongs.size(); ++track) {
    places.clear();
    for (const std::uint32_t group : members.of(track)) {
      if (place[group] != 0) places.push_back(place[group] - 1);
    }
    belongs[track] = places.empty() ? 0 : 1;
    wanted.add(places);
  }
  struct Days {
    MetUnits met = {};
    std::int64_t active = 0;
    Ends ends = {};
  };
  std::vector<Days> days_of(of.size());
  LocalUnits days = LocalUnits::days(selection.zone());
  const columns::Period calendar = in_calendar({});
  std::vector<std::uint32_t> kept;
  selection.scan(Column::track | Column::played_at, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    kept.resize(rows.size());
    std::size_t count = 0;
    rows.each([&](std::size_t row) {  // no branch: which tracks follow each other nobody guesses
      kept[count] = static_cast<std::uint32_t>(row);
      count += static_cast<std::size_t>(belongs[batch.track[row]]);
    });
    for (std::size_t i = 0; i < count; ++i) {
      const std::int64_t at = batch.played_at[kept[i]];
      const bool has_day = at >= *calendar.since && at < *calendar.until;
      const std::int64_t day = has_day ? days.at(at) : 0;
      for (const std::uint32_t index : wanted.of(batch.track[kept[i]])) {
        Days& each = days_of[index];
        if (has_day) each.active += each.met.first(day) ? 1 : 0;
        each.ends.meet(at);
      }
    }
  });
  for (std::size_t i = 0; i < of.size(); ++i) {
    GroupTally& group = groups[of[i]];
    group.days = days_of[i].active;
    group.first_at = days_of[i].ends.first_at;
    group.last_at = days_of[i].ends.last_at;
  }
}

std::vector<Place> rank_groups(const StatsFilter& filter, const std::vector<GroupTally>& groups,
                               const std::vector<std::uint32_t>& order) {
  const auto metric = [&](std::uint32_t group) {
    const GroupTally& tally = groups[group];
    switch (filter.by) {
      case Rank::time:
        return tally.parts_ms;
      case Rank::days:
        return tally.days;
      case Rank::skips:
        return tally.skips;
      case Rank::plays:
        break;
    }
    return tally.parts;
  };
  const auto other = [&](std::uint32_t group) {
    return filter.by == Rank::plays ? groups[group].parts_ms : groups[group].parts;
  };
  std::vector<std::uint32_t> ranked;
  for (const std::uint32_t group : order) {
    if (groups[group].tally.plays > 0) ranked.push_back(group);
  }
  std::vector<Place> places;
  const std::int64_t of = std::ssize(ranked);
  const std::int64_t end =
      filter.limit == 0 || filter.limit > of - filter.offset ? of : filter.offset + filter.limit;
  sort_leading(ranked, static_cast<std::size_t>(end), [&](std::uint32_t a, std::uint32_t b) {
    if (metric(a) != metric(b)) return metric(a) > metric(b);
    return other(a) > other(b);
  });
  std::int64_t rank = 0;
  for (std::int64_t i = 0; i < end; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (i == 0 || metric(ranked[index]) != metric(ranked[index - 1])) rank = i + 1;
    if (i >= filter.offset) places.push_back({ranked[index], i + 1, rank, of});
  }
  const bool has_room = filter.limit == 0 || std::ssize(places) < filter.limit;
  if (groups[0].tally.plays > 0 && has_room && filter.offset <= of) places.push_back({0, 0, 0, of});
  return places;
}

}  // namespace playmirror::stats
