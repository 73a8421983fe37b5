/// Stats::sessions, session_list: plays with no long silence between them.

#include "core/stats/answer.hpp"
#include "core/stats/intervals.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <numeric>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Rows;
using stats::Selection;

/// Plays that follow each other, in order of (played_at, id).
struct Run {
  std::int64_t start;
  std::int64_t end;
  std::int64_t plays = 0;
  std::int64_t first_at = 0;  ///< played_at of its first play
  std::int64_t last_at = 0;
  std::int64_t passed = 0;  ///< plays selected at first_at that belong to the one before
};

/// Calls `give` for each session when it has ended, in order of time, and `add(batch, row)` for
/// each of its plays before, with those columns as well.
template <typename Add, typename Give>
void find_sessions(const Selection& selection, std::chrono::milliseconds gap, stats::Column wanted,
                   Add&& add, Give&& give) {
  if (gap.count() < 0) {
    raise(ErrorCode::invalid_argument, "the gap is negative",
          {.hint = "Give the silence that ends a session, such as 30 minutes."});
  }
  // Ten thousand years outlast every silence, and still are a number of microseconds.
  const std::int64_t silence = std::chrono::microseconds(std::min<std::chrono::milliseconds>(
                                                             gap, std::chrono::years(10'000)))
                                   .count();
  const stats::Intervals intervals(selection);
  Run session{};
  std::int64_t last_end = 0;
  std::int64_t at_last = 0;  // plays at the instant of the last one
  selection.scan(stats::in_calendar(selection.period()), stats::Intervals::kColumns | wanted,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     const std::int64_t at = batch.played_at[row];
                     const std::int64_t start = intervals.begin(batch, row);
                     const std::int64_t end = start + intervals.length_ms(batch, row) * 1'000;
                     at_last = session.plays > 0 && at == session.last_at ? at_last + 1 : 0;
                     if (session.plays == 0 || start - last_end > silence) {
                       if (session.plays > 0) give(session);
                       session = {.start = start, .end = end, .first_at = at, .passed = at_last};
                     }
                     last_end = end;
                     session.last_at = at;
                     session.start = std::min(session.start, start);
                     session.end = std::max(session.end, end);
                     ++session.plays;
                     add(batch, row);
                   });
                 });
  if (session.plays > 0) give(session);
}

/// What else is told of a session.
class Contents {
 public:
  static constexpr stats::Column kColumns =
      stats::Column::track | stats::Column::listened_ms | stats::Column::skipped;

  explicit Contents(const Selection& selection)
      : facts_(selection.facts()),
        estimates_(selection.estimates()),
        identity_(selection.identity()),
        artists_(facts_.artists(selection.filter().artist_credit)),
        track_met_(facts_.tracks(), 0),
        artist_met_(artists_.count, 0) {}

  void add(const Batch& batch, std::size_t row) {
    const std::uint32_t track = batch.track[row];
    const std::int64_t listened = stats::listened_ms(batch, row);
    ms_ =
        stats::sum_of(ms_, std::max<std::int64_t>(listened >= 0 ? listened : estimates_[track], 0));
    skips_ += batch.skipped[row] == columns::kSkipped ? 1 : 0;
    if (!facts_.known(track)) return;
    if (std::exchange(track_met_[identity_[track]], number_) != number_) ++tracks_;
    for (const std::uint32_t artist : artists_.of(track)) {
      if (artist != 0 && std::exchange(artist_met_[artist], number_) != number_) ++artist_count_;
    }
  }

  /// The session of the plays added since the last one.
  [[nodiscard]] Session take(const Run& run) {
    Session session{stats::to_timestamp(run.start),
                    stats::to_timestamp(run.end),
                    run.plays,
                    std::exchange(ms_, 0),
                    std::exchange(tracks_, 0),
                    std::exchange(artist_count_, 0),
                    std::exchange(skips_, 0)};
    ++number_;
    return session;
  }

 private:
  stats::Facts& facts_;
  const std::vector<std::int64_t>& estimates_;
  const std::vector<std::uint32_t>& identity_;
  const stats::Groups& artists_;
  // The session in which each was met last: things are counted once in each.
  std::vector<std::int64_t> track_met_;
  std::vector<std::int64_t> artist_met_;
  std::int64_t number_ = 1;
  std::int64_t ms_ = 0;
  std::int64_t tracks_ = 0;
  std::int64_t artist_count_ = 0;
  std::int64_t skips_ = 0;
};

/// One session whose plays are looked up again.
Session to_session(const Selection& selection, const Run& run) {
  Contents contents(selection);
  std::int64_t number = 0;
  selection.scan({run.first_at, run.last_at + 1}, Contents::kColumns, [&](const Rows& rows) {
    rows.each([&](std::size_t row) {
      const std::int64_t place = number++ - run.passed;
      if (place >= 0 && place < run.plays) contents.add(rows.batch(), row);
    });
  });
  return contents.take(run);
}

std::optional<double> mean(const std::vector<std::int64_t>& values, std::int64_t divisor = 1) {
  if (values.empty()) return std::nullopt;
  const std::int64_t sum = std::accumulate(values.begin(), values.end(), std::int64_t{0});
  return static_cast<double>(sum) / static_cast<double>(divisor) /
         static_cast<double>(values.size());
}

std::optional<double> to_ms(std::optional<double> micros) {
  if (micros) *micros /= 1'000;
  return micros;
}

}  // namespace

Sessions Stats::sessions(const StatsFilter& filter, std::chrono::milliseconds gap) const {
  return of_selection(filter, [&](const Selection& selection) {
    std::vector<std::int64_t> lengths;
    std::vector<std::int64_t> plays;
    std::optional<Run> longest;
    find_sessions(
        selection, gap, stats::Column::none, [](const Batch&, std::size_t) {},
        [&](const Run& session) {
          lengths.push_back(session.end - session.start);
          plays.push_back(session.plays);
          if (!longest || lengths.back() > longest->end - longest->start) longest = session;
        });
    Sessions result;
    result.gap = gap;
    result.count = std::ssize(lengths);
    result.mean_length_ms = mean(lengths, 1'000);
    result.median_length_ms = to_ms(stats::percentile(lengths, 0.5));
    result.p90_length_ms = to_ms(stats::percentile(lengths, 0.9));
    result.mean_plays = mean(plays);
    result.median_plays = stats::percentile(plays, 0.5);
    result.p90_plays = stats::percentile(plays, 0.9);
    if (longest) result.longest = to_session(selection, *longest);
    return result;
  });
}

std::vector<Session> Stats::session_list(const StatsFilter& filter,
                                         std::chrono::milliseconds gap) const {
  return of_selection(filter, [&](const Selection& selection) {
    Contents contents(selection);
    std::vector<Session> sessions;
    find_sessions(
        selection, gap, Contents::kColumns,
        [&](const Batch& batch, std::size_t row) { contents.add(batch, row); },
        [&](const Run& session) { sessions.push_back(contents.take(session)); });
    return sessions;
  });
}

}  // namespace playmirror
