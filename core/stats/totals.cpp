/// Stats::totals, data_quality, compare.

#include "core/stats/coverage.hpp"
#include "core/stats/doubles.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"

#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <map>
#include <set>
#include <string>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::Rows;
using stats::Selection;

std::optional<double> ratio(std::int64_t part, std::int64_t whole) {
  if (whole == 0) return std::nullopt;
  return static_cast<double>(part) / static_cast<double>(whole);
}

/// How many known groups the tracks that were seen belong to.
std::int64_t distinct(const Groups& groups, const std::vector<char>& seen) {
  std::vector<char> met(groups.count, 0);
  for (std::uint32_t track = 0; track < seen.size(); ++track) {
    if (seen[track] == 0) continue;
    for (const std::uint32_t group : groups.of(track)) met[group] = 1;
  }
  met[0] = 0;
  return std::ranges::count(met, 1);
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

/// The first and the last finite instant. Rows come in order of time.
void add_ends(const Rows& rows, Totals& totals) {
  const auto& times = rows.batch().played_at;
  if (times.empty() || !(times.front() < columns::kInfinity)) return;
  std::int64_t last = columns::kNegativeInfinity;
  rows.each([&](std::size_t row) {
    if (!columns::is_finite_time(times[row])) return;
    if (!totals.first_at) totals.first_at = stats::to_timestamp(times[row]);
    last = times[row];
  });
  if (last != columns::kNegativeInfinity) totals.last_at = stats::to_timestamp(last);
}

Totals totals_of(const Selection& selection) {
  stats::Facts& facts = selection.facts();
  const auto& estimates = selection.estimates();
  std::vector<char> seen(facts.tracks(), 0);
  stats::Tally tally;
  stats::LocalUnits days = stats::LocalUnits::days(selection.zone());
  const columns::Period calendar = stats::in_calendar({});
  std::set<std::int64_t> active_days;
  std::optional<std::int64_t> last_day;
  Totals totals;
  selection.scan(stats::Column::played_at | stats::Column::track | stats::Column::listened_ms,
                 [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     const std::uint32_t track = batch.track[row];
                     seen[track] = 1;
                     tally.add(stats::listened_ms(batch, row), estimates[track]);
                     const std::int64_t at = batch.played_at[row];
                     if (at < *calendar.since || at >= *calendar.until) return;
                     if (const std::int64_t day = days.at(at); day != last_day) {
                       active_days.insert(day);
                       last_day = day;
                     }
                   });
                   add_ends(rows, totals);
                 });

  totals.plays = tally.plays;
  totals.time = tally.time();
  std::vector<char> tracks(seen.size(), 0);
  for (std::uint32_t track = 1; track < seen.size(); ++track) {
    if (seen[track] != 0 && facts.known(track)) tracks[selection.identity()[track]] = 1;
  }
  totals.tracks = std::ranges::count(tracks, 1);
  totals.artists = distinct(facts.artists(selection.filter().artist_credit), seen);
  totals.albums = distinct(facts.albums(), seen);
  totals.genres = distinct(facts.genres(), seen);
  totals.active_days = std::ssize(active_days);
  totals.plays_per_active_day = ratio(totals.plays, totals.active_days);
  totals.ms_per_active_day = ratio(tally.ms(), totals.active_days);
  totals.calendar_days = calendar_days(selection);
  if (totals.calendar_days) {
    totals.plays_per_calendar_day = ratio(totals.plays, *totals.calendar_days);
    totals.ms_per_calendar_day = ratio(tally.ms(), *totals.calendar_days);
  }
  return totals;
}

/// The two lists as moves: by rank, then what left by the rank that it had.
template <typename Item, typename Id>
std::vector<RankMove> moves(const std::vector<Item>& now, const std::vector<Item>& base,
                            std::int64_t limit, Id&& id) {
  std::map<std::string, const Item*> before;
  for (const Item& item : base) before.emplace(id(item), &item);
  const auto shown = [&](const Item& item) {
    return item.position > 0 && (limit == 0 || item.position <= limit);
  };
  std::vector<RankMove> result;
  std::set<std::string> met;
  for (const Item& item : now) {
    if (item.position == 0) continue;
    const auto was = before.find(id(item));
    const bool known = was != before.end() && was->second->position > 0;
    met.insert(id(item));
    if (!shown(item) && !(known && shown(*was->second))) continue;
    RankMove& move = result.emplace_back();
    move.id = id(item);
    move.name = item.name;
    move.plays = item.plays;
    move.rank = item.rank;
    if (!known) continue;
    move.base_plays = was->second->plays;
    move.base_rank = was->second->rank;
    move.rank_change = *move.base_rank - *move.rank;
  }
  for (const Item& item : base) {
    if (!shown(item) || met.contains(id(item))) continue;
    result.push_back({id(item), item.name, 0, item.plays, std::nullopt, item.rank, std::nullopt});
  }
  return result;
}

/// Documented ranges of Spotify's audio features, in the order of kFeatures; loudness and tempo
/// have none that a track could not leave.
bool out_of_range(const stats::Features& features) {
  if (features.infinite) return true;
  for (std::size_t i = 0; i < features.values.size(); ++i) {
    const std::string_view name = stats::kFeatures[i];
    const auto& value = features.values[i];
    if (!value) continue;
    const bool open_ended = name == "loudness" || name == "tempo";
    if (open_ended ? name == "tempo" && *value < 0 : *value < 0 || *value > 1) return true;
  }
  const auto outside = [](const std::optional<std::int64_t>& value, std::int64_t least,
                          std::int64_t most) { return value && (*value < least || *value > most); };
  return outside(features.key, -1, 11) || outside(features.mode, 0, 1) ||
         outside(features.time_signature, 0, 11);
}

bool has_none(const stats::Features& features) {
  return !features.infinite &&
         std::ranges::none_of(features.values,
                              [](const auto& value) { return value.has_value(); }) &&
         !features.key && !features.mode && !features.time_signature;
}

}  // namespace

Totals Stats::totals(const StatsFilter& filter) const {
  return totals_of(Selection(moment(), filter));
}

Comparison Stats::compare(const StatsFilter& filter, const std::optional<StatsFilter>& base) const {
  StatsFilter before = base ? *base : filter;
  if (!base) before.period = filter.period.previous();
  const Stats here = at_one_moment();
  const Selection selection(here.moment(), filter);
  if (!before.now) before.now = selection.now();
  const Selection base_selection(here.moment(), before);
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

  StatsFilter all = filter;
  all.now = selection.now();
  all.limit = all.offset = 0;
  before.limit = before.offset = 0;
  result.tracks = moves(here.top_tracks(all), here.top_tracks(before), filter.limit,
                        [](const TopTrack& track) { return track.track_id; });
  result.artists = moves(here.top_artists(all), here.top_artists(before), filter.limit,
                         [](const TopArtist& artist) { return artist.artist_id.value_or(""); });
  return result;
}

DataQuality Stats::data_quality(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
  stats::Facts& facts = selection.facts();
  const auto& durations = facts.durations();
  const auto& features = facts.features();
  const Groups& artists = facts.artists(ArtistCredit::each);
  const Groups& genres = facts.genres();
  const auto doubles =
      stats::find_doubles(selection.plays(), selection.identity(), durations, filter.dedupe_window);
  const std::int64_t now = selection.now().postgres_micros() + stats::kUnixToPostgres;

  DataQuality quality;
  quality.plays_since = stats::cut_in(*state_, selection.span());
  const auto count = [](std::int64_t& counter, bool applies) { counter += applies ? 1 : 0; };
  std::int64_t previous = columns::kNegativeInfinity;
  std::int64_t at_previous = 0;
  selection.scan(stats::Column::all, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      const std::uint32_t track = batch.track[row];
      const auto listened = batch.listened(row);
      const std::int64_t at = batch.played_at[row];
      ++quality.plays;
      count(quality.null_listened, !listened);
      count(quality.negative_listened, listened && *listened < 0);
      count(quality.over_long, listened && durations[track] >= 0 && *listened > durations[track]);
      count(quality.null_skipped, batch.skipped[row] == columns::kSkipUnknown);
      count(quality.null_source, batch.source[row] == columns::kNone);
      count(quality.null_context, batch.context[row] == columns::kNone);
      count(quality.no_time, !columns::is_finite_time(at));
      count(quality.future, columns::is_finite_time(at) && at > now);
      count(quality.duplicate_candidates, doubles.contains(batch.id[row]));
      count(quality.no_track, !facts.known(track));
      count(quality.no_duration, durations[track] < 0);
      count(quality.no_artists, artists.of(track)[0] == 0);
      count(quality.no_genres, genres.of(track)[0] == 0);
      count(quality.no_features, has_none(features[track]));
      count(quality.out_of_range_features, out_of_range(features[track]));
      if (!columns::is_finite_time(at)) return;
      at_previous = at == previous ? at_previous + 1 : 1;
      previous = at;
      if (at_previous > 1) quality.equal_timestamps += at_previous == 2 ? 2 : 1;
    });
  });
  return quality;
}

}  // namespace playmirror
