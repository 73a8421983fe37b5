/// Stats::obsessions, loyalty, comebacks: how one stays with artists, and returns to tracks.

#include "core/columns/column_codec.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/ranking.hpp"
#include "core/time/units.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <limits>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::Rows;
using stats::Selection;

constexpr double kMicrosPerDay = static_cast<double>(calendar::kMicrosPerDay);

std::optional<std::string> text(std::optional<std::string_view> view) {
  if (!view) return std::nullopt;
  return std::string(*view);
}

/// The page of a list that the filter asks for.
template <typename Item>
std::vector<Item> page(const StatsFilter& filter, std::vector<Item> items) {
  const auto size = std::ssize(items);
  const auto begin = std::min<std::ptrdiff_t>(filter.offset, size);
  const auto rest = size - begin;
  const auto count = filter.limit == 0 ? rest : std::min<std::ptrdiff_t>(filter.limit, rest);
  return {std::make_move_iterator(items.begin() + begin),
          std::make_move_iterator(items.begin() + begin + count)};
}

void require_plays(std::int64_t min_plays) {
  if (min_plays >= 0) return;
  raise(ErrorCode::invalid_argument, "min_plays is negative", {.hint = "0 leaves nobody out."});
}

}  // namespace

std::vector<Obsession> Stats::obsessions(const StatsFilter& filter, double share,
                                         std::int64_t min_plays) const {
  if (!(share >= 0 && share <= 1)) {  // so that what is no number is refused, too
    raise(ErrorCode::invalid_argument, "the share is not between 0 and 1",
          {.hint = "0.3 is three plays of ten."});
  }
  require_plays(min_plays);
  const Selection selection(moment(), filter);
  const Groups& artists = selection.facts().artists(filter.artist_credit);
  stats::LocalUnits local = stats::LocalUnits::days(selection.zone());
  std::vector<Obsession> found;
  struct Week {
    std::int64_t first_day = std::numeric_limits<std::int64_t>::min();
    std::int64_t plays = 0;
    std::vector<std::int32_t> plays_of = {};  ///< by artist
    std::vector<std::uint32_t> met = {};
  };
  const auto end = [&](Week& week) {
    const std::size_t before = found.size();
    for (const std::uint32_t artist : week.met) {
      const std::int64_t plays = std::exchange(week.plays_of[artist], 0);
      const double part = static_cast<double>(plays) / static_cast<double>(week.plays);
      if (week.plays < min_plays || part < share) continue;
      const auto& entry = selection.plays().artists()[artist];
      found.push_back({calendar::kEpoch + std::chrono::days(week.first_day), std::string(entry.id),
                       text(entry.name), plays, week.plays, part});
    }
    std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end(),
              [](const Obsession& a, const Obsession& b) {
                return a.plays != b.plays ? a.plays > b.plays : a.artist_id < b.artist_id;
              });
    week.met.clear();
    week.plays = 0;
  };
  // Plays come in order of time; still two weeks are open at once, since the one before comes again
  // where clocks are put back over midnight.
  std::array<Week, 2> open;
  for (Week& week : open) week.plays_of.assign(artists.count, 0);
  const auto oldest = [&]() -> Week& {
    return *std::ranges::min_element(open, {}, &Week::first_day);
  };
  Week* current = open.data();
  std::int64_t last_day = std::numeric_limits<std::int64_t>::min();
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     if (const std::int64_t day = local.at(batch.played_at[row]);
                         std::exchange(last_day, day) != day) {
                       const std::int64_t first =
                           calendar::unit_begin(Unit::week, day, filter.week_start);
                       current = std::ranges::find(open, first, &Week::first_day);
                       if (current == open.end()) {
                         current = &oldest();
                         end(*current);
                         current->first_day = first;
                       }
                     }
                     ++current->plays;
                     for (const std::uint32_t artist : artists.of(batch.track[row])) {
                       if (artist == 0) continue;
                       if (current->plays_of[artist]++ == 0) current->met.push_back(artist);
                     }
                   });
                 });
  Week& last_but_one = oldest();
  end(last_but_one);
  end(&last_but_one == open.data() ? open.back() : open.front());
  return found;
}

std::vector<Loyalty> Stats::loyalty(const StatsFilter& filter, std::int64_t min_plays) const {
  require_plays(min_plays);
  const Selection selection(moment(), filter);
  const Groups& artists = selection.facts().artists(filter.artist_credit);
  const columns::Period period = stats::in_calendar(selection.period());
  // The gaps of all artists lie in one array, which is never filled with zeros.
  struct Listening {
    std::int64_t first = 0;
    std::int64_t last = 0;
    std::size_t next = 0;  ///< place of the next gap
    std::size_t begin = 0;
    std::size_t end = 0;
    std::int64_t plays = 0;
  };
  std::vector<Listening> all(artists.count);
  const auto counts = selection.track_counts(period);
  // The counts and the plays come from different parts of the file: a forged one must not make the
  // array larger or smaller than the plays need.
  const auto most = static_cast<std::int64_t>(selection.plays().count(period));
  const auto refuse = [] { columns::refuse_damaged("the counts of plays do not fit the plays"); };
  std::int64_t counted = 0;
  for (std::uint32_t track = 0; track < counts.size(); ++track) {
    counted += counts[track];
    if (counts[track] > most || counted > most) refuse();
    for (const std::uint32_t artist : artists.of(track)) all[artist].plays += counts[track];
  }
  std::size_t places = 0;
  for (Listening& each : all) {
    each.next = each.begin = places;
    places += static_cast<std::size_t>(each.plays);
    each.end = places;
  }
  const auto gaps = std::make_unique_for_overwrite<std::int64_t[]>(places);
  selection.scan(period, stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      const std::int64_t at = batch.played_at[row];
      for (const std::uint32_t artist : artists.of(batch.track[row])) {
        Listening& each = all[artist];
        if (each.next == each.end) refuse();
        if (each.next == each.begin) each.first = at;
        gaps[each.next++] = at - std::exchange(each.last, at);  // of the first play, no gap
      }
    });
  });
  std::vector<Loyalty> found;
  for (const std::uint32_t artist : artists.order) {
    Listening& each = all[artist];
    each.plays = static_cast<std::int64_t>(each.next - each.begin);
    if (each.plays < std::max<std::int64_t>(min_plays, 2)) continue;
    const auto& entry = selection.plays().artists()[artist];
    const std::span own(gaps.get() + each.begin + 1, gaps.get() + each.next);
    found.push_back({std::string(entry.id), text(entry.name), each.plays,
                     *stats::percentile(own, 0.5) / kMicrosPerDay, stats::to_timestamp(each.first),
                     stats::to_timestamp(each.last)});
  }
  std::ranges::stable_sort(found, [](const Loyalty& a, const Loyalty& b) {
    return a.median_days != b.median_days ? a.median_days < b.median_days : a.plays > b.plays;
  });
  return page(filter, std::move(found));
}

std::vector<Comeback> Stats::comebacks(const StatsFilter& filter, std::int64_t gap_days) const {
  if (gap_days < 1) {
    raise(ErrorCode::invalid_argument, "gap_days is less than 1", {.hint = "Give 1 or more days."});
  }
  const Selection selection(moment(), filter);
  constexpr std::int64_t kMostDays = 10'000 * 366;  // as far apart as plays can be
  const std::int64_t gap = std::min(gap_days, kMostDays) * calendar::kMicrosPerDay;
  const columns::Period period = stats::in_calendar(selection.period());
  const columns::Period calendar = stats::in_calendar({});
  const auto group = stats::track_groups(selection).members;  // of each track; 0: not known
  struct Return {
    std::uint32_t track;
    std::int64_t before;
    std::int64_t at;
  };
  std::vector<Return> returns;
  // A track that was not played yet was played after everything, and so does not come back.
  std::vector<std::int64_t> last(selection.facts().tracks(), *calendar.until);
  // What was played before the period decides who is back in it.
  selection.scan({*calendar.since, period.until}, stats::Column::played_at | stats::Column::track,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     const std::uint32_t track = group[batch.track[row]];
                     const std::int64_t at = batch.played_at[row];
                     const std::int64_t before = std::exchange(last[track], at);
                     if (at - before > gap && at >= *period.since && track != 0) {
                       returns.push_back({track, before, at});
                     }
                   });
                 });
  std::vector<Comeback> found;
  found.reserve(returns.size());
  const auto& tracks = selection.plays().tracks();
  // Entries and their texts lie anywhere in memory: they are on their way while others are copied.
  constexpr std::size_t kAhead = 16;
  const auto fetch_texts = [](const columns::TrackEntry& entry) {
    __builtin_prefetch(entry.id.data());
    if (entry.name) __builtin_prefetch(entry.name->data());
    if (entry.artist) __builtin_prefetch(entry.artist->data());
  };
  for (std::size_t i = 0; i < returns.size(); ++i) {
    if (i + 2 * kAhead < returns.size()) {
      __builtin_prefetch(&tracks[returns[i + 2 * kAhead].track]);
      fetch_texts(tracks[returns[i + kAhead].track]);
    }
    const auto& [track, before, at] = returns[i];
    const auto& entry = tracks[track];
    Comeback& comeback = found.emplace_back();
    comeback.track_id = entry.id;
    comeback.name = entry.name;
    comeback.artist = entry.artist;
    comeback.last_at = stats::to_timestamp(before);
    comeback.back_at = stats::to_timestamp(at);
    comeback.days = static_cast<double>(at - before) / kMicrosPerDay;
  }
  return found;
}

}  // namespace playmirror
