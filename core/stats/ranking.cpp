#include "core/stats/ranking.hpp"

#include "core/stats/distinct.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/sort_leading.hpp"

#include <algorithm>
#include <array>
#include <limits>

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

/// What one pass over the plays finds.
struct Found {
  std::vector<PlaySums> sums;       ///< by the code of a row
  std::vector<std::uint32_t> days;  ///< by the groups of a row
};

template <typename CodeOf, typename GroupsAt>
Found look_at_plays(const Selection& selection, Wanted wanted, Column code_column,
                    std::size_t codes, std::size_t groups, CodeOf&& code_of, GroupsAt&& groups_at) {
  Found found{std::vector<PlaySums>(codes), std::vector<std::uint32_t>(groups, 0)};
  const auto& estimates = selection.estimates();
  std::vector<MetUnits> met(wanted.days ? groups : 0);
  LocalUnits days = LocalUnits::days(selection.zone());
  const columns::Period calendar = in_calendar({});
  selection.scan(columns_for(wanted) | code_column, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      const std::uint32_t code = code_of(batch, row);
      PlaySums& sum = found.sums[code];
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
          found.days[group] += met[group].first(day) ? 1 : 0;
        }
      }
    });
  });
  return found;
}

void add(GroupTally& group, const PlaySums& sums, std::int64_t part = kWhole,
         std::int64_t part_ms = kWholeMs) {
  group.tally += sums.tally;
  group.parts += sums.tally.plays * part;
  constexpr std::int64_t kMost = std::numeric_limits<std::int64_t>::max();
  std::int64_t parts_ms = 0;
  if (__builtin_mul_overflow(sums.tally.ms(), part_ms, &parts_ms) ||
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
  Facts& facts = selection.facts();
  if (entity == Entity::track) return facts.track_groups(selection.filter().track_identity);
  if (entity == Entity::artist) return facts.artists(selection.filter().artist_credit);
  if (entity == Entity::album) return facts.albums();
  return facts.genres();
}

const Order& order_of(const Selection& selection, Entity entity) {
  if (entity == Entity::context) return selection.facts().context_order();
  return groups_of(selection, entity).order;
}

GroupTallies tally_groups(const Selection& selection, Entity entity, Wanted wanted) {
  if (entity == Entity::context) {
    GroupTallies groups(selection.plays().contexts().size());
    const auto found = look_at_plays(
        selection, wanted, Column::context, groups.size(), groups.size(),
        [](const Batch& batch, std::size_t row) { return batch.context[row]; },
        [](std::uint32_t context) { return std::array{context}; });
    for (std::uint32_t context = 0; context < groups.size(); ++context) {
      if (found.sums[context].tally.plays == 0) continue;
      GroupTally& group = groups[context];
      add(group, found.sums[context]);
      group.days = found.days[context];
    }
    return groups;
  }
  const Groups& members = groups_of(selection, entity);
  GroupTallies groups(members.count);
  const bool split = splits(selection.filter(), entity);
  const auto add_track = [&](std::uint32_t track, const PlaySums& sums) {
    const auto of_track = members.of(track);
    const std::int64_t part = part_of(split, of_track.size());
    const std::int64_t part_ms = part_of(split, of_track.size(), kWholeMs);
    for (const std::uint32_t group : of_track) add(groups[group], sums, part, part_ms);
  };
  if (wanted.days) {
    const auto found = look_at_plays(
        selection, wanted, Column::track, selection.facts().tracks(), members.count,
        [](const Batch& batch, std::size_t row) { return batch.track[row]; },
        [&](std::uint32_t track) { return members.of(track); });
    for (std::uint32_t track = 0; track < found.sums.size(); ++track) {
      if (found.sums[track].tally.plays != 0) add_track(track, found.sums[track]);
    }
    for (const auto& [group, tally] : groups.items()) groups[group].days = found.days[group];
  } else if (wanted.time) {
    for (const auto& [track, each] : selection.track_tallies()) {
      add_track(track, {.tally = each.tally, .skips = each.skips});
    }
  } else {
    for (const auto& [track, plays] : selection.track_counts()) {
      add_track(track, {.tally = {.plays = plays}});
    }
  }
  return groups;
}

bool ranks_by_sums(const Selection& selection, Entity entity) {
  return entity != Entity::context && selection.takes_all() && selection.filter().by != Rank::days;
}

void add_days(const Selection& selection, const Groups& members,
              const std::vector<std::uint32_t>& of, GroupTallies& groups) {
  std::vector<std::uint32_t> place(members.count, 0);
  std::uint32_t number = 0;
  for (const std::uint32_t group : of) place[group] = ++number;
  // Which of them a track belongs to: none, as a rule.
  struct Part {
    std::uint32_t begin = 0;
    std::uint32_t end = 0;
  };
  std::vector<Part> parts(selection.facts().tracks());  // of `indices`
  std::vector<std::uint32_t> indices;
  std::vector<char> belongs(parts.size(), 0);
  for (std::uint32_t track = 0; track < parts.size(); ++track) {
    const std::size_t begin = indices.size();
    for (const std::uint32_t group : members.of(track)) {
      if (place[group] != 0) indices.push_back(place[group] - 1);
    }
    if (indices.size() == begin) continue;
    parts[track] = {static_cast<std::uint32_t>(begin), static_cast<std::uint32_t>(indices.size())};
    belongs[track] = 1;
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
      const Part part = parts[batch.track[kept[i]]];
      for (std::uint32_t index = part.begin; index < part.end; ++index) {
        Days& each = days_of[indices[index]];
        // What came out on top was mostly met on that day already.
        if (has_day && each.met.latest != day) each.active += each.met.first(day) ? 1 : 0;
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

std::vector<Place> rank_groups(const StatsFilter& filter, const GroupTallies& groups,
                               const Order& order) {
  struct Ranked {
    std::int64_t metric;
    std::int64_t other;
    std::uint32_t place;  ///< by key
    std::uint32_t group;
  };
  const auto metric = [&](const GroupTally& tally) {
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
  std::vector<Ranked> ranked;
  ranked.reserve(groups.items().size());
  for (const auto& [group, tally] : groups.items()) {
    if (group == 0) continue;
    const std::int64_t other = filter.by == Rank::plays ? tally.parts_ms : tally.parts;
    ranked.push_back({metric(tally), other, order.places[group], group});
  }
  std::vector<Place> places;
  const std::int64_t of = std::ssize(ranked);
  const std::int64_t end =
      filter.limit == 0 || filter.limit > of - filter.offset ? of : filter.offset + filter.limit;
  sort_leading(ranked, static_cast<std::size_t>(end), [](const Ranked& a, const Ranked& b) {
    if (a.metric != b.metric) return a.metric > b.metric;
    return a.other != b.other ? a.other > b.other : a.place < b.place;
  });
  std::int64_t rank = 0;
  for (std::int64_t i = 0; i < end; ++i) {
    const auto index = static_cast<std::size_t>(i);
    if (i == 0 || ranked[index].metric != ranked[index - 1].metric) rank = i + 1;
    if (i >= filter.offset) places.push_back({ranked[index].group, i + 1, rank, of});
  }
  const bool has_room = filter.limit == 0 || std::ssize(places) < filter.limit;
  if (groups.find(0) != nullptr && has_room && filter.offset <= of) places.push_back({0, 0, 0, of});
  return places;
}

}  // namespace playmirror::stats
