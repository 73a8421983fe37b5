/// Stats::obsessions, loyalty, comebacks: how one stays with artists, and returns to tracks.

#include "core/columns/column_codec.hpp"
#include "core/stats/answer.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/unit_runs.hpp"
#include "core/time/units.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <deque>
#include <iterator>
#include <limits>
#include <memory>
#include <numeric>
#include <optional>
#include <queue>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

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

/// Medians of which only the shortest are wanted, as many as the filter's page needs. Once there
/// are that many, looking at a set of gaps once shows that its median is longer than any of them.
class ShortestMedians {
 public:
  explicit ShortestMedians(const StatsFilter& filter) {
    if (filter.limit == 0) return;
    constexpr std::int64_t kAll = std::int64_t{1} << 61;
    wanted_ = std::min(filter.offset, kAll) + std::min(filter.limit, kAll);
  }

  /// In microseconds; nothing if it is longer than those wanted. Puts the gaps in another order.
  std::optional<double> median(std::span<std::int64_t> gaps) {
    if (std::ssize(shortest_) == wanted_) {
      // A second more than what it must exceed: fractions of days that close may be equal.
      const std::int64_t most = static_cast<std::int64_t>(shortest_.top()) + 1'000'000;
      const auto short_ones =
          std::ranges::count_if(gaps, [most](std::int64_t gap) { return gap <= most; });
      if (short_ones <= (std::ssize(gaps) - 1) / 2) return std::nullopt;
    }
    const std::optional<double> found = stats::percentile(gaps, 0.5);
    if (wanted_ == kUnlimited) return found;
    shortest_.push(*found);
    if (std::ssize(shortest_) > wanted_) shortest_.pop();
    return found;
  }

 private:
  static constexpr std::int64_t kUnlimited = -1;

  std::int64_t wanted_ = kUnlimited;
  std::priority_queue<double> shortest_;  ///< the longest of them on top
};

/// Returns of tracks, and the names to tell of them.
class Returns {
 public:
  struct Return {
    std::uint32_t track;
    std::int64_t before;
    std::int64_t at;
  };

  explicit Returns(std::shared_ptr<const columns::TrackDictionary> tracks)
      : tracks_(std::move(tracks)) {}

  void add(const Return& each) { returns_.push_back(each); }
  [[nodiscard]] std::size_t size() const noexcept { return returns_.size(); }

  [[nodiscard]] Comeback comeback(std::size_t index) const {
    // Entries and their texts lie anywhere in memory: who asks for one after the other finds them
    // on their way already.
    constexpr std::size_t kAhead = 16;
    if (index + 2 * kAhead < size()) {
      __builtin_prefetch(&entry(index + 2 * kAhead));
      const columns::TrackEntry& next = entry(index + kAhead);
      __builtin_prefetch(next.id.data());
      if (next.name) __builtin_prefetch(next.name->data());
      if (next.artist) __builtin_prefetch(next.artist->data());
    }
    const auto& [track, before, at] = returns_[index];
    const columns::TrackEntry& known = entry(index);
    return {std::string(known.id),   text(known.name),
            text(known.artist),      stats::to_timestamp(before),
            stats::to_timestamp(at), static_cast<double>(at - before) / kMicrosPerDay};
  }

 private:
  [[nodiscard]] const columns::TrackEntry& entry(std::size_t index) const {
    return (*tracks_)[returns_[index].track];
  }

  std::shared_ptr<const columns::TrackDictionary> tracks_;
  std::deque<Return> returns_;  ///< which grows without being copied
};

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
  return of_selection(filter, [&](const Selection& selection) {
    const Groups& artists = selection.facts().artists(filter.artist_credit);
    stats::LocalUnits local = stats::LocalUnits::days(selection.zone());
    std::vector<Obsession> found;
    struct Week {
      std::int64_t first_day = std::numeric_limits<std::int64_t>::min();
      std::int64_t plays = 0;
      std::vector<std::int32_t> plays_of = {};  ///< by artist
      std::vector<std::uint32_t> met = {};
    };
    const auto close = [&](Week& week) {
      const std::size_t before = found.size();
      for (const std::uint32_t artist : week.met) {
        const std::int64_t plays = std::exchange(week.plays_of[artist], 0);
        const double part = static_cast<double>(plays) / static_cast<double>(week.plays);
        if (week.plays < min_plays || part < share) continue;
        const auto& entry = selection.plays().artists()[artist];
        found.push_back({calendar::kEpoch + std::chrono::days(week.first_day),
                         std::string(entry.id), text(entry.name), plays, week.plays, part});
      }
      std::sort(found.begin() + static_cast<std::ptrdiff_t>(before), found.end(),
                [](const Obsession& a, const Obsession& b) {
                  return a.plays != b.plays ? a.plays > b.plays : a.artist_id < b.artist_id;
                });
      week.met.clear();
      week.plays = 0;
    };
    // Plays come in order of time; still two weeks are open at once, since the one before comes
    // again where clocks are put back over midnight.
    std::array<Week, 2> open;
    for (Week& week : open) week.plays_of.assign(artists.count, 0);
    const auto oldest = [&]() -> Week& {
      return *std::ranges::min_element(open, {}, &Week::first_day);
    };
    const auto week_of = [&](std::int64_t day) -> Week& {
      const std::int64_t first = calendar::unit_begin(Unit::week, day, filter.week_start);
      const auto known = std::ranges::find(open, first, &Week::first_day);
      if (known != open.end()) return *known;
      Week& week = oldest();
      close(week);
      week.first_day = first;
      return week;
    };
    selection.scan(stats::in_calendar(selection.period()),
                   stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                     const auto& track = rows.batch().track;
                     stats::each_run(
                         rows, local, [&](std::int64_t day, std::size_t begin, std::size_t end) {
                           Week& week = week_of(day);
                           week.plays += static_cast<std::int64_t>(end - begin);
                           for (std::size_t i = begin; i < end; ++i) {
                             for (const std::uint32_t artist : artists.of(track[rows[i]])) {
                               if (artist == 0) continue;
                               if (week.plays_of[artist]++ == 0) week.met.push_back(artist);
                             }
                           }
                         });
                   });
    Week& last_but_one = oldest();
    close(last_but_one);
    close(&last_but_one == open.data() ? open.back() : open.front());
    return found;
  });
}

std::vector<Loyalty> Stats::loyalty(const StatsFilter& filter, std::int64_t min_plays) const {
  require_plays(min_plays);
  return of_selection(filter, [&](const Selection& selection) {
    const Groups& artists = selection.facts().artists(filter.artist_credit);
    const columns::Period period = stats::in_calendar(selection.period());
    // The counts and the plays come from different parts of the file: a forged one must not make
    // the array larger or smaller than the plays need.
    const auto most = static_cast<std::int64_t>(selection.plays().count(period));
    const auto refuse = [] { columns::refuse_damaged("the counts of plays do not fit the plays"); };
    std::vector<std::size_t> begins(artists.count + 1,
                                    0);  // at first, of each artist one further on
    std::int64_t counted = 0;
    for (const auto& [track, plays] : selection.track_counts(period)) {
      counted += plays;
      if (counted > most) refuse();
      for (const std::uint32_t artist : artists.of(track)) begins[artist + 1] += plays;
    }
    std::partial_sum(begins.begin(), begins.end(), begins.begin());

    // The gaps of all artists lie in one array, which is never filled with zeros.
    const auto gaps = std::make_unique_for_overwrite<std::int64_t[]>(begins.back());
    struct Listening {
      std::int64_t last;
      std::int64_t* next;  ///< where the next gap belongs
      std::int64_t* end;
    };
    std::vector<Listening> all;
    all.reserve(artists.count);
    for (std::size_t artist = 0; artist < artists.count; ++artist) {
      all.push_back({0, gaps.get() + begins[artist], gaps.get() + begins[artist + 1]});
    }
    selection.scan(period, stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
      const Batch& batch = rows.batch();
      rows.each([&](std::size_t row) {
        const std::int64_t at = batch.played_at[row];
        for (const std::uint32_t artist : artists.of(batch.track[row])) {
          Listening& each = all[artist];
          if (each.next == each.end) refuse();
          *each.next++ = at - std::exchange(each.last, at);  // of the first play, its time
        }
      });
    });
    std::vector<Loyalty> found;
    ShortestMedians shortest(filter);
    for (const std::uint32_t artist : artists.order.codes) {
      const Listening& each = all[artist];
      const std::span own(gaps.get() + begins[artist], each.next);
      if (std::ssize(own) < std::max<std::int64_t>(min_plays, 2)) continue;
      const auto median = shortest.median(own.subspan(1));
      if (!median) continue;
      const auto& entry = selection.plays().artists()[artist];
      found.push_back({std::string(entry.id), text(entry.name), std::ssize(own),
                       *median / kMicrosPerDay, stats::to_timestamp(own.front()),
                       stats::to_timestamp(each.last)});
    }
    std::ranges::stable_sort(found, [](const Loyalty& a, const Loyalty& b) {
      return a.median_days != b.median_days ? a.median_days < b.median_days : a.plays > b.plays;
    });
    return page(filter, std::move(found));
  });
}

std::vector<Comeback> Stats::comebacks(const StatsFilter& filter, std::int64_t gap_days) const {
  return lazy_comebacks(filter, gap_days).to_vector();
}

LazyRecords<Comeback> Stats::lazy_comebacks(const StatsFilter& filter,
                                            std::int64_t gap_days) const {
  if (gap_days < 1) {
    raise(ErrorCode::invalid_argument, "gap_days is less than 1", {.hint = "Give 1 or more days."});
  }
  return of_selection(filter, [&](const Selection& selection) {
    constexpr std::int64_t kMostDays = 10'000 * 366;  // as far apart as plays can be
    const std::int64_t gap = std::min(gap_days, kMostDays) * calendar::kMicrosPerDay;
    const columns::Period period = stats::in_calendar(selection.period());
    const columns::Period calendar = stats::in_calendar({});
    // Of each track; 0: not known.
    const auto& group = stats::groups_of(selection, Entity::track).single();
    const auto returns = std::make_shared<Returns>(selection.plays().shared_tracks());
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
                         returns->add({track, before, at});
                       }
                     });
                   });
    return LazyRecords<Comeback>{returns->size(),
                                 [returns](std::size_t index) { return returns->comeback(index); }};
  });
}

}  // namespace playmirror
