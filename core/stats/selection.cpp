#include "core/stats/selection.hpp"

#include "core/known_value.hpp"
#include "core/stats/coverage.hpp"
#include "core/stats/exclusion_lists.hpp"
#include "core/stats/fact_cache.hpp"
#include "core/stats/local_time.hpp"
#include "core/text/lower.hpp"
#include "core/text/trimmed.hpp"

#include <playmirror/error.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_filter_members.hpp>

#include <algorithm>
#include <string_view>
#include <utility>

namespace playmirror::stats {
namespace {

using columns::kNone;

constexpr std::int64_t kSpotifyMs = 30'000;
constexpr std::int64_t kScrobbleTrackMs = 30'000;
constexpr std::int64_t kScrobbleMostMs = 240'000;

/// As the columns count: the last thirty years of PostgreSQL's range are one instant there.
std::int64_t to_column_time(Timestamp instant) {
  if (instant == Timestamp::infinity()) return columns::kInfinity;
  if (instant == Timestamp::negative_infinity()) return columns::kNegativeInfinity;
  std::int64_t micros = 0;
  if (__builtin_add_overflow(instant.postgres_micros(), kUnixToPostgres, &micros)) {
    return columns::kLastInstant;
  }
  return std::min(micros, columns::kLastInstant);
}

}  // namespace

void check(const StatsFilter& filter) {
  const auto refuse = [](const char* what, const char* remedy) {
    raise(ErrorCode::invalid_argument, what, {.hint = remedy});
  };
  if (filter.limit < 0) refuse("the limit is negative", "0 means all rows.");
  if (filter.offset < 0) refuse("the offset is negative", "0 means from the first row on.");
  if (filter.dedupe_window.count() < 0) {
    refuse("dedupe_window is negative", "0 joins the plays of one instant.");
  }
  if (filter.min_listened_ms.value_or(0) < 0) {
    refuse("min_listened_ms is negative", "Nothing counts every play, 0 those of known time.");
  }
  if (filter.now && !filter.now->is_finite()) {
    refuse("now is infinite", "Give an instant, or nothing for the system clock's.");
  }
  require_known("week_start", filter.week_start);
  require_known("rule", filter.rule);
  require_known("null_listened", filter.null_listened);
  require_known("skips", filter.skips);
  require_known("time_basis", filter.time_basis);
  require_known("artist_credit", filter.artist_credit);
  require_known("genre_weight", filter.genre_weight);
  require_known("track_identity", filter.track_identity);
  require_known("dedupe", filter.dedupe);
  require_known("played_at_is", filter.played_at_is);
  require_known("by", filter.by);
  static_cast<void>(Zone::find(filter.tz));
}

Moment::Moment(MirrorState& state, columns::Hold hold)
    : plays(columns::PlayColumns::read(state, hold)),
      // Codes made up for this moment alone mean nothing to another one.
      facts(plays,
            plays.from_rows() ? std::make_shared<FactStore>() : state.fact_cache().facts(plays)) {}

Selection::Selection(std::shared_ptr<Moment> moment, const StatsFilter& filter)
    : filter_(filter), moment_(std::move(moment)), zone_(Zone::find(filter.tz)) {
  check(filter_);
  prepare();
}

void Selection::prepare() {
  check_raw_data(filter_, plays());
  now_ = filter_.now ? *filter_.now : Timestamp::now();
  span_ = filter_.period.resolve(filter_.tz, now_, filter_.week_start);
  if (span_.start) period_.since = to_column_time(*span_.start);
  if (span_.end) period_.until = to_column_time(*span_.end);
  add_exclusions();
  prepare_tracks();
  prepare_texts();
  asks_listened_ = filter_.rule != ListenRule::all || filter_.min_listened_ms.has_value();
  if (asks_listened_) needed_ = needed_ | Column::listened_ms | Column::track;
  if (filter_.rule == ListenRule::scrobble) durations_ = &facts().durations();
  if (filter_.skips != Skips::include) needed_ = needed_ | Column::skipped;
  if (filter_.dedupe == Dedupe::near) prepare_dedupe();
  takes_all_ = needed_ == Column::none;
}

void Selection::add_exclusions() {
  const auto add = [](std::vector<std::string>& to, std::vector<std::string>& ids) {
    to.insert(to.end(), ids.begin(), ids.end());
  };
  for (const std::string& name : filter_.exclusions) {
    auto list = find_exclusions(plays().database(), name);
    if (!list) {
      raise(ErrorCode::invalid_argument,
            "the mirror keeps no list of exclusions named \"" + name + "\"",
            {.hint = "Exclusions.list() tells the names, Exclusions.set() keeps one."});
    }
    add(filter_.exclude_track_ids, list->track_ids);
    add(filter_.exclude_artist_ids, list->artist_ids);
    add(filter_.exclude_contexts, list->contexts);
  }
}

void Selection::allow_tracks(const std::vector<bool>& allowed) {
  if (tracks_.empty()) tracks_.assign(facts().tracks(), 1);
  for (std::size_t code = 0; code < tracks_.size(); ++code) {
    if (!allowed[code]) tracks_[code] = 0;
  }
  needed_ = needed_ | Column::track;
}

void Selection::prepare_tracks() {
  const bool asked = filter_.track_id || filter_.artist_id || filter_.album || filter_.genre ||
                     !filter_.exclude_track_ids.empty() || !filter_.exclude_artist_ids.empty() ||
                     filter_.rule == ListenRule::scrobble;
  // The dictionaries are not small: whoever asks of all tracks may do without them.
  if (!asked) return;
  const auto& tracks = plays().tracks();
  const auto& artists = plays().artists();
  const std::size_t count = facts().tracks();
  const auto by_artist = [&](const std::vector<std::string>& ids, bool allow) {
    std::vector<char> listed(artists.size(), 0);
    for (const std::string& id : ids) listed[artists.find(id)] = 1;
    listed[kNone] = 0;
    std::vector<bool> allowed(count, !allow);
    const Groups& credited = facts().artists(ArtistCredit::each);
    for (std::uint32_t code = 0; code < count; ++code) {
      for (const std::uint32_t artist : credited.of(code)) {
        if (listed[artist] != 0) allowed[code] = allow;
      }
    }
    allow_tracks(allowed);
  };
  const auto by_track = [&](const std::vector<std::string>& ids, bool allow) {
    std::vector<bool> allowed(count, !allow);
    std::vector<bool> same(count, false);
    const auto& stands_for = identity();
    for (const std::string& id : ids) {
      if (const std::uint32_t code = tracks.find(id); code != kNone) same[stands_for[code]] = true;
    }
    for (std::uint32_t code = 1; code < count; ++code) {
      if (same[stands_for[code]]) allowed[code] = allow;
    }
    allow_tracks(allowed);
  };
  const auto by_group = [&](const Groups& groups, auto&& wanted) {
    std::vector<bool> allowed(count, false);
    for (std::uint32_t code = 0; code < count; ++code) {
      for (const std::uint32_t group : groups.of(code)) {
        if (group != 0 && wanted(group)) allowed[code] = true;
      }
    }
    allow_tracks(allowed);
  };

  if (filter_.track_id) by_track({*filter_.track_id}, true);
  if (!filter_.exclude_track_ids.empty()) by_track(filter_.exclude_track_ids, false);
  if (filter_.artist_id) by_artist({*filter_.artist_id}, true);
  if (!filter_.exclude_artist_ids.empty()) by_artist(filter_.exclude_artist_ids, false);
  if (filter_.album) {
    std::vector<bool> allowed(count, false);
    const Groups& albums = facts().albums();
    const auto& names = facts().album_names();
    for (std::uint32_t code = 0; code < count; ++code) {
      const std::string& id = facts().album(albums.of(code).front()).id;
      allowed[code] = (!id.empty() && id == *filter_.album) || names[code] == filter_.album;
    }
    allow_tracks(allowed);
  }
  if (filter_.genre) {
    const std::string genre = text::lower(text::trimmed(*filter_.genre));
    by_group(facts().genres(), [&](std::uint32_t group) { return facts().genre(group) == genre; });
  }
  if (filter_.rule == ListenRule::scrobble) {
    std::vector<bool> allowed(count);
    const auto& durations = facts().durations();
    for (std::size_t code = 0; code < count; ++code) {
      allowed[code] = durations[code] >= kScrobbleTrackMs;
    }
    allow_tracks(allowed);
  }
}

void Selection::prepare_texts() {
  if (!filter_.sources.empty()) {
    const auto& sources = plays().sources();
    sources_.assign(sources.size(), 0);
    for (const auto& source : filter_.sources) {
      const std::uint32_t code = source ? sources.find(*source) : kNone;
      if (!source || code != kNone) sources_[code] = 1;
    }
    needed_ = needed_ | Column::source;
  }
  if (!filter_.include_contexts.empty() || !filter_.exclude_contexts.empty()) {
    const auto& contexts = plays().contexts();
    contexts_.assign(contexts.size(), filter_.include_contexts.empty() ? 1 : 0);
    for (const std::string& uri : filter_.include_contexts) contexts_[contexts.find(uri)] = 1;
    for (const std::string& uri : filter_.exclude_contexts) contexts_[contexts.find(uri)] = 0;
    contexts_[kNone] = filter_.include_contexts.empty() ? 1 : 0;
    needed_ = needed_ | Column::context;
  }
}

void Selection::prepare_dedupe() {
  doubles_ = facts().doubles(filter_.track_identity, filter_.dedupe_window);
  needed_ = needed_ | Column::id;
}

const std::vector<std::int64_t>& Selection::estimates() const {
  if (filter_.time_basis == TimeBasis::measured_or_duration) return facts().durations();
  if (no_estimates_.empty()) no_estimates_.assign(facts().tracks(), -1);
  return no_estimates_;
}

bool Selection::listened_enough(const Batch& batch, std::size_t row) const {
  const std::int64_t listened = listened_ms(batch, row);
  if (listened < 0) return filter_.null_listened == NullListened::keep;
  if (filter_.min_listened_ms && listened < *filter_.min_listened_ms) return false;
  if (filter_.rule == ListenRule::spotify_30s) return listened >= kSpotifyMs;
  if (filter_.rule == ListenRule::scrobble) {
    const std::int64_t duration = (*durations_)[batch.track[row]];
    return 2 * listened >= std::min(duration, 2 * kScrobbleMostMs);
  }
  return true;
}

std::span<const std::uint32_t> Selection::select(const Batch& batch) const {
  // One condition after another, each on what the ones before have left: no branch depends on a row
  // but the rare ones.
  rows_.resize(batch.size);
  for (std::size_t row = 0; row < batch.size; ++row) rows_[row] = static_cast<std::uint32_t>(row);
  std::size_t left = batch.size;
  const auto keep = [&](auto&& passes) {
    std::size_t kept = 0;
    for (std::size_t i = 0; i < left; ++i) {
      const std::uint32_t row = rows_[i];
      rows_[kept] = row;
      kept += passes(row) ? 1 : 0;
    }
    left = kept;
  };
  if (!tracks_.empty()) keep([&](std::uint32_t row) { return tracks_[batch.track[row]] != 0; });
  if (!sources_.empty()) keep([&](std::uint32_t row) { return sources_[batch.source[row]] != 0; });
  if (!contexts_.empty()) {
    keep([&](std::uint32_t row) { return contexts_[batch.context[row]] != 0; });
  }
  switch (filter_.skips) {
    case Skips::include:
      break;
    case Skips::exclude:
      keep([&](std::uint32_t row) { return batch.skipped[row] != columns::kSkipped; });
      break;
    case Skips::exclude_unknown:
      keep([&](std::uint32_t row) { return batch.skipped[row] == columns::kNotSkipped; });
      break;
    case Skips::only:
      keep([&](std::uint32_t row) { return batch.skipped[row] == columns::kSkipped; });
      break;
  }
  if (asks_listened_) keep([&](std::uint32_t row) { return listened_enough(batch, row); });
  if (doubles_) keep([&](std::uint32_t row) { return !doubles_->contains(batch.id[row]); });
  rows_.resize(left);
  return rows_;
}

std::shared_ptr<const std::vector<std::uint32_t>> Selection::plays_by_track(
    const columns::Period& period) const {
  if (takes_all_) {
    auto counts = plays().track_counts(period);
    if (counts->size() == facts().tracks()) return counts;
    auto wider = std::make_shared<std::vector<std::uint32_t>>(*counts);
    wider->resize(facts().tracks(), 0);
    return wider;
  }
  auto counts = std::make_shared<std::vector<std::uint32_t>>(facts().tracks(), 0);
  scan(period, Column::track, [&](const Rows& rows) {
    rows.each([&](std::size_t row) { ++(*counts)[rows.batch().track[row]]; });
  });
  return counts;
}

std::vector<TrackCount> Selection::track_counts(const columns::Period& period) const {
  const auto dense = plays_by_track(period);
  const std::vector<std::uint32_t>& plays = *dense;
  std::vector<TrackCount> counts;
  columns::each_where(
      plays.size(), [&](std::size_t track) { return plays[track] != 0; },
      [&](std::uint32_t track) {
        counts.push_back({track, plays[track]});
      });
  return counts;
}

void Selection::add_rows(const Rows& rows, TrackTallies& tallies) const {
  const Batch& batch = rows.batch();
  const auto& estimates = this->estimates();
  rows.each([&](std::size_t row) {
    const std::uint32_t track = batch.track[row];
    TrackTally& each = tallies[track];
    each.tally.add(listened_ms(batch, row), estimates[track]);
    each.skips += batch.skipped[row] == columns::kSkipped ? 1 : 0;
  });
}

std::optional<std::vector<Selection::TrackTallies::Item>> Selection::running_tallies() const {
  const auto sums = plays().track_sums(period_);
  // Lengths of more than 32 bits are no song's, and so not worth a sum of their own.
  if (std::ranges::any_of(sums, [](const auto& sum) { return sum.value.wide != 0; })) {
    return std::nullopt;
  }
  const auto& estimates = this->estimates();
  std::vector<TrackTallies::Item> tallies;
  tallies.reserve(sums.size());
  for (const auto& [track, sum] : sums) {
    tallies.push_back({track,
                       {Tally::of(sum.plays, sum.measured,
                                  static_cast<std::int64_t>(sum.measured_ms), estimates[track]),
                        sum.skips}});
  }
  return tallies;
}

std::pair<std::int64_t, std::int64_t> covered(const Selection& selection) {
  const columns::Period period = in_calendar(selection.period());
  if (*period.since >= *period.until) return {*period.since, *period.since};
  std::int64_t first = *period.until;
  std::int64_t last = *period.since - 1;
  const auto has = [](const std::optional<Timestamp>& side) { return side && side->is_finite(); };
  const bool has_start = has(selection.span().start);
  const bool has_end = has(selection.span().end);
  if (!has_start || !has_end) {
    selection.scan(period, Column::played_at, [&](const Rows& rows) {
      rows.each([&](std::size_t row) {
        first = std::min(first, rows.batch().played_at[row]);
        last = rows.batch().played_at[row];
      });
    });
  }
  return {has_start ? *period.since : first, has_end ? *period.until : last + 1};
}

}  // namespace playmirror::stats
