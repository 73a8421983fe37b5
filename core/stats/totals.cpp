/// Stats::totals, data_quality, compare.

#include "core/stats/answer.hpp"
#include "core/stats/coverage.hpp"
#include "core/stats/distinct.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/plays_by_day.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/ratio.hpp"
#include "core/stats/tally.hpp"
#include "core/stats/unit_runs.hpp"

#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <span>
#include <string>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::ratio;
using stats::Rows;
using stats::Selection;

/// How many known groups those tracks belong to.
std::int64_t distinct(const Groups& groups, std::span<const std::uint32_t> tracks) {
  constexpr std::size_t kAtOnce = 1024;
  std::vector<char> met(groups.count, 0);
  met[0] = 1;
  std::size_t left = groups.count - 1;
  // Few groups, such as genres, are all met long before the last track.
  while (!tracks.empty() && left > 0) {
    for (const std::uint32_t track : tracks.first(std::min(tracks.size(), kAtOnce))) {
      for (const std::uint32_t group : groups.of(track)) {
        left -= met[group] ^ 1U;
        met[group] = 1;
      }
    }
    tracks = tracks.subspan(std::min(tracks.size(), kAtOnce));
  }
  return static_cast<std::int64_t>(groups.count - 1 - left);
}

std::optional<std::int64_t> calendar_days(const Selection& selection) {
  const Span& span = selection.span();
  if (!span.start || !span.end || !span.start->is_finite() || !span.end->is_finite()) {
    return std::nullopt;
  }
  const std::int64_t begin = span.start->postgres_micros();
  const std::int64_t end = std::min(*span.end, selection.now()).postgres_micros();
  if (end <= begin) return 0;
  const auto day = [&](std::int64_t at) {
    return calendar::floor_divide(selection.zone().local(at), calendar::kMicrosPerDay).quotient;
  };
  return day(end - 1) - day(begin) + 1;
}

using Tallies = std::vector<Selection::TrackTallies::Item>;

/// The first and the last finite instant. Rows come in order of time.
void add_ends(const Rows& rows, Totals& totals) {
  const std::size_t begin = stats::first_at_or_after(rows, 0, columns::kNegativeInfinity + 1);
  const std::size_t end = stats::first_at_or_after(rows, begin, columns::kInfinity);
  if (begin == end) return;
  const auto& times = rows.batch().played_at;
  if (!totals.first_at) totals.first_at = stats::to_timestamp(times[rows[begin]]);
  totals.last_at = stats::to_timestamp(times[rows[end - 1]]);
}

/// Each from what is kept of all plays, which makes a scan of them unnecessary.
Tallies look_up(const Selection& selection, Totals& totals) {
  totals.active_days = std::ssize(stats::plays_by_day(selection));
  const auto add = [&](const Rows& rows) {
    add_ends(rows, totals);
    return !totals.first_at;
  };
  selection.scan(stats::Column::played_at, add);
  if (totals.first_at) {
    Totals last;
    selection.scan_back(stats::Column::played_at, [&](const Rows& rows) {
      add_ends(rows, last);
      return !last.last_at;
    });
    totals.last_at = last.last_at;
  }
  return selection.track_tallies();
}

/// All in one scan.
Tallies scan(const Selection& selection, Totals& totals) {
  stats::LocalUnits days = stats::LocalUnits::days(selection.zone());
  stats::MetUnits met;
  return selection.track_tallies(stats::Column::played_at, [&](const Rows& rows) {
    stats::each_run(rows, days, [&](std::int64_t day, std::size_t, std::size_t) {
      totals.active_days += met.first(day) ? 1 : 0;
    });
    add_ends(rows, totals);
  });
}

Totals totals_of(const Selection& selection) {
  stats::Facts& facts = selection.facts();
  Totals totals;
  const Tallies tallies =
      selection.takes_all() ? look_up(selection, totals) : scan(selection, totals);

  stats::Tally tally;
  std::vector<std::uint32_t> tracks;
  tracks.reserve(tallies.size());
  for (const auto& [track, each] : tallies) {
    tally += each.tally;
    tracks.push_back(track);
  }
  totals.plays = tally.plays;
  totals.time = tally.time();
  totals.tracks = distinct(facts.track_groups(selection.filter().track_identity), tracks);
  totals.artists = distinct(facts.artists(selection.filter().artist_credit), tracks);
  totals.albums = distinct(facts.albums(), tracks);
  totals.genres = distinct(facts.genres(), tracks);
  totals.plays_per_active_day = ratio(totals.plays, totals.active_days);
  totals.ms_per_active_day = ratio(tally.ms(), totals.active_days);
  totals.calendar_days = calendar_days(selection);
  if (totals.calendar_days && totals.plays > 0) {
    totals.plays_per_calendar_day = ratio(totals.plays, *totals.calendar_days);
    totals.ms_per_calendar_day = ratio(tally.ms(), *totals.calendar_days);
  }
  return totals;
}

/// The ranked tracks or artists of two selections of one moment, side by side: by rank, then what
/// left by the rank that it had.
std::vector<RankMove> moves(const Selection& now, const Selection& base, Entity entity) {
  struct Side {
    stats::GroupTallies tallies;
    std::vector<stats::Place> places = {};
    std::vector<std::uint32_t> place_of = {};  ///< by group: its number in `places` and 1
  };
  const auto rank = [&](const Selection& selection) {
    StatsFilter all = selection.filter();
    all.limit = all.offset = 0;
    Side side{stats::tally_groups(selection, entity, {.time = true, .days = all.by == Rank::days})};
    side.places = stats::rank_groups(all, side.tallies, stats::order_of(selection, entity));
    std::erase_if(side.places, [](const stats::Place& place) { return place.group == 0; });
    side.place_of.resize(side.tallies.size(), 0);
    std::uint32_t number = 0;
    for (const stats::Place& place : side.places) side.place_of[place.group] = ++number;
    return side;
  };
  const Side here = rank(now);
  const Side there = rank(base);
  const std::int64_t limit = now.filter().limit;
  const auto shown = [&](const stats::Place* place) {
    return place != nullptr && (limit == 0 || place->position <= limit);
  };
  const auto place_in = [](const Side& side, std::uint32_t group) {
    const std::uint32_t number = side.place_of[group];
    return number == 0 ? nullptr : &side.places[number - 1];
  };
  std::vector<RankMove> result;
  const auto add = [&](std::uint32_t group, const stats::Place* place, const stats::Place* before) {
    RankMove& move = result.emplace_back();
    const auto identify = [&](const auto& entry) {
      move.id = entry.id;
      move.name = entry.name;
    };
    if (entity == Entity::track) {
      identify(now.plays().track(group));
    } else {
      identify(now.plays().artists()[group]);
    }
    if (place != nullptr) {
      move.plays = here.tallies.find(group)->tally.plays;
      move.rank = place->rank;
    }
    if (before != nullptr) {
      move.base_plays = there.tallies.find(group)->tally.plays;
      move.base_rank = before->rank;
    }
    if (place != nullptr && before != nullptr) move.rank_change = before->rank - place->rank;
  };
  for (const stats::Place& place : here.places) {
    const stats::Place* before = place_in(there, place.group);
    if (shown(&place) || shown(before)) add(place.group, &place, before);
  }
  for (const stats::Place& place : there.places) {
    if (shown(&place) && place_in(here, place.group) == nullptr) add(place.group, nullptr, &place);
  }
  return result;
}

}  // namespace

Totals Stats::totals(const StatsFilter& filter) const { return of_selection(filter, totals_of); }

Comparison Stats::compare(const StatsFilter& filter, const std::optional<StatsFilter>& base) const {
  return at_one_moment([&](const Stats& here) {
    const Selection selection(here.pinned_, filter);
    StatsFilter before = base ? *base : filter;
    if (!base) before.period = filter.period.previous();
    if (!before.now) before.now = selection.now();
    const Selection base_selection(here.pinned_, before);
    Comparison result;
    result.span = selection.span();
    result.base_span = base_selection.span();

    const Totals now = totals_of(selection);
    const Totals then = totals_of(base_selection);
    const auto number = [&](const char* name, std::int64_t value, std::int64_t was) {
      result.numbers.push_back({name, value, was, value - was, ratio(value, was)});
    };
    number("plays", now.plays, then.plays);
    number("measured_ms", now.time.measured_ms, then.time.measured_ms);
    number("estimated_ms", now.time.estimated_ms, then.time.estimated_ms);
    number("tracks", now.tracks, then.tracks);
    number("artists", now.artists, then.artists);
    number("albums", now.albums, then.albums);
    number("genres", now.genres, then.genres);
    number("active_days", now.active_days, then.active_days);

    result.tracks = moves(selection, base_selection, Entity::track);
    result.artists = moves(selection, base_selection, Entity::artist);
    return result;
  });
}

DataQuality Stats::data_quality(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    stats::Facts& facts = selection.facts();
    const auto& durations = facts.durations();
    const auto doubles = facts.doubles(filter.track_identity, filter.dedupe_window);
    const std::int64_t now = selection.now().postgres_micros() + stats::kUnixToPostgres;

    DataQuality quality;
    quality.plays_since = stats::cut_in(*state_, selection.span());
    std::vector<std::int64_t> plays_of(facts.tracks(), 0);
    const auto count = [](std::int64_t& counter, bool applies, std::int64_t times = 1) {
      counter += applies ? times : 0;
    };
    std::int64_t previous = columns::kNegativeInfinity;
    std::int64_t at_previous = 0;
    selection.scan(stats::Column::all, [&](const Rows& rows) {
      const Batch& batch = rows.batch();
      rows.each([&](std::size_t row) {
        const std::uint32_t track = batch.track[row];
        const auto listened = batch.listened(row);
        const std::int64_t at = batch.played_at[row];
        ++plays_of[track];
        count(quality.null_listened, !listened);
        count(quality.negative_listened, listened && *listened < 0);
        count(quality.over_long, listened && durations[track] >= 0 && *listened > durations[track]);
        count(quality.null_skipped, batch.skipped[row] == columns::kSkipUnknown);
        count(quality.null_source, batch.source[row] == columns::kNone);
        count(quality.null_context, batch.context[row] == columns::kNone);
        count(quality.no_time, !columns::is_finite_time(at));
        count(quality.future, columns::is_finite_time(at) && at > now);
        count(quality.duplicate_candidates, doubles->contains(batch.id[row]));
        if (!columns::is_finite_time(at)) return;
        at_previous = at == previous ? at_previous + 1 : 1;
        previous = at;
        if (at_previous > 1) quality.equal_timestamps += at_previous == 2 ? 2 : 1;
      });
    });

    const auto& traits = facts.features().traits();
    const Groups& artists = facts.artists(ArtistCredit::each);
    const Groups& genres = facts.genres();
    for (std::uint32_t track = 0; track < plays_of.size(); ++track) {
      const std::int64_t times = plays_of[track];
      if (times == 0) continue;
      quality.plays += times;
      count(quality.no_track, !facts.known(track), times);
      count(quality.no_duration, durations[track] < 0, times);
      count(quality.no_artists, artists.of(track)[0] == 0, times);
      count(quality.no_genres, genres.of(track)[0] == 0, times);
      count(quality.no_features, traits[track].has_none, times);
      count(quality.out_of_range_features, traits[track].out_of_range, times);
    }
    return quality;
  });
}

}  // namespace playmirror
