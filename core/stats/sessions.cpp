/// Stats::sessions, session_list: plays with no long silence between them.

#include "core/stats/intervals.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <functional>
#include <numeric>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Rows;
using stats::Selection;

struct Raw {
  std::int64_t start;
  std::int64_t end;
  std::int64_t plays = 0;
  std::int64_t ms = 0;
  std::int64_t tracks = 0;
  std::int64_t artists = 0;
  std::int64_t skips = 0;
};

/// Calls `give` for each session, in order of time.
void find_sessions(const Selection& selection, std::chrono::milliseconds gap,
                   const std::function<void(const Raw&)>& give) {
  if (gap.count() < 0) {
    raise(ErrorCode::invalid_argument, "the gap is negative",
          {.hint = "Give the silence that ends a session, such as 30 minutes."});
  }
  // Ten thousand years outlast every silence, and still are a number of microseconds.
  const std::int64_t silence = std::chrono::microseconds(std::min<std::chrono::milliseconds>(
                                                             gap, std::chrono::years(10'000)))
                                   .count();
  const stats::Intervals intervals(selection);
  const auto& estimates = selection.estimates();
  const auto& identity = selection.identity();
  stats::Facts& facts = selection.facts();
  const stats::Groups& artists = facts.artists(selection.filter().artist_credit);
  // The session in which each was met last: things are counted once in each.
  std::vector<std::int64_t> track_met(facts.tracks(), 0);
  std::vector<std::int64_t> artist_met(artists.count, 0);
  std::int64_t number = 0;
  Raw session{};
  std::int64_t last_end = 0;
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Intervals::kColumns | stats::Column::skipped, [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     const std::int64_t start = intervals.begin(batch, row);
                     const std::int64_t end = start + intervals.length_ms(batch, row) * 1'000;
                     if (number == 0 || start - last_end > silence) {
                       if (number > 0) give(session);
                       ++number;
                       session = {start, end};
                     }
                     last_end = end;
                     session.start = std::min(session.start, start);
                     session.end = std::max(session.end, end);
                     ++session.plays;
                     const std::uint32_t track = batch.track[row];
                     const std::int64_t listened = stats::listened_ms(batch, row);
                     session.ms = stats::sum_of(
                         session.ms,
                         std::max<std::int64_t>(listened >= 0 ? listened : estimates[track], 0));
                     session.skips += batch.skipped[row] == columns::kSkipped ? 1 : 0;
                     if (!facts.known(track)) return;
                     if (std::exchange(track_met[identity[track]], number) != number)
                       ++session.tracks;
                     for (const std::uint32_t artist : artists.of(track)) {
                       if (artist != 0 && std::exchange(artist_met[artist], number) != number) {
                         ++session.artists;
                       }
                     }
                   });
                 });
  if (number > 0) give(session);
}

Session to_session(const Raw& raw) {
  return {stats::to_timestamp(raw.start),
          stats::to_timestamp(raw.end),
          raw.plays,
          raw.ms,
          raw.tracks,
          raw.artists,
          raw.skips};
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
  const Selection selection(moment(), filter);
  std::vector<std::int64_t> lengths;
  std::vector<std::int64_t> plays;
  std::optional<Raw> longest;
  find_sessions(selection, gap, [&](const Raw& session) {
    lengths.push_back(session.end - session.start);
    plays.push_back(session.plays);
    if (!longest || session.end - session.start > longest->end - longest->start) longest = session;
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
  if (longest) result.longest = to_session(*longest);
  return result;
}

std::vector<Session> Stats::session_list(const StatsFilter& filter,
                                         std::chrono::milliseconds gap) const {
  std::vector<Session> sessions;
  find_sessions(Selection(moment(), filter), gap,
                [&](const Raw& session) { sessions.push_back(to_session(session)); });
  return sessions;
}

}  // namespace playmirror
