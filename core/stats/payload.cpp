/// Stats::metrics_payload: `playmirror.metrics/1`, and Snapshots::compute, which records it.

#include "core/stats/answer.hpp"
#include "core/stats/coverage.hpp"
#include "core/stats/fingerprint.hpp"
#include "core/stats/plays_by_day.hpp"
#include "core/text/json_writer.hpp"

#include <playmirror/error.hpp>
#include <playmirror/metrics.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats.hpp>
#include <playmirror/stats_filter_members.hpp>
#include <playmirror/version.hpp>

#include <chrono>
#include <string>
#include <string_view>
#include <utility>
#include <variant>
#include <vector>

namespace playmirror {
namespace {

using stats::Selection;
using text::JsonWriter;

template <typename Enum>
std::string_view name_of(Enum value) {
  for (const Name<Enum>& known : Members<Enum>::kAll) {
    if (known.value == value) return known.name;
  }
  return {};
}

std::optional<std::string> to_text(const std::optional<Timestamp>& instant) {
  if (!instant) return std::nullopt;
  return instant->to_string();
}

void write_filter(const Selection& selection, JsonWriter& json) {
  const StatsFilter& filter = selection.filter();
  json.key("filter").open('{');
  json.member("start", to_text(selection.span().start));
  json.member("end", to_text(selection.span().end));
  json.member("label", filter.period.label()).member("tz", filter.tz);
  json.member("week_start", name_of(filter.week_start));
  json.member("rule", name_of(filter.rule));
  json.member("min_listened_ms", filter.min_listened_ms);
  json.member("null_listened", name_of(filter.null_listened));
  json.member("skips", name_of(filter.skips));
  const auto list = [&](const char* name, const auto& values) {
    if (values.empty()) {
      json.member(name, std::optional<std::string>());
    } else {
      json.member(name, values);
    }
  };
  list("sources", filter.sources);
  list("include_contexts", filter.include_contexts);
  list("exclude_contexts", filter.exclude_contexts);
  list("exclude_track_ids", filter.exclude_track_ids);
  list("exclude_artist_ids", filter.exclude_artist_ids);
  json.member("track_id", filter.track_id).member("artist_id", filter.artist_id);
  json.member("album", filter.album).member("genre", filter.genre);
  json.member("time_basis", name_of(filter.time_basis));
  json.member("artist_credit", name_of(filter.artist_credit));
  json.member("genre_weight", name_of(filter.genre_weight));
  json.member("track_identity", name_of(filter.track_identity));
  json.member("dedupe", name_of(filter.dedupe));
  json.member("dedupe_window_ms", std::int64_t{filter.dedupe_window.count()});
  json.member("played_at_is", name_of(filter.played_at_is)).member("by", name_of(filter.by));
  json.close('}');
}

void write_totals(const Totals& totals, JsonWriter& json) {
  json.key("totals").open('{').member("plays", totals.plays);
  json.member("measured_ms", totals.time.measured_ms);
  json.member("estimated_ms", totals.time.estimated_ms);
  json.member("plays_unknown", totals.time.plays_unknown);
  json.member("tracks", totals.tracks).member("artists", totals.artists);
  json.member("albums", totals.albums).member("genres", totals.genres);
  json.member("active_days", totals.active_days).close('}');
}

template <typename Item, typename Id, typename Name>
void write_top(const char* key, const std::vector<Item>& items, Id&& id, Name&& name,
               JsonWriter& json) {
  json.key(key).open('[');
  for (const Item& item : items) {
    if (item.position == 0) continue;
    json.open('{').member("id", id(item)).member("name", name(item)).member("plays", item.plays);
    json.member("ms", item.time.measured_ms + item.time.estimated_ms);
    json.member("share", item.share).member("position", item.position).member("rank", item.rank);
    json.close('}');
  }
  json.close(']');
}

void write_tops(const Stats& stats, const StatsFilter& filter, JsonWriter& json) {
  const auto name = [](const auto& item) { return item.name; };
  json.key("top").open('{');
  write_top(
      "tracks", stats.top_tracks(filter), [](const auto& item) { return item.track_id; }, name,
      json);
  write_top(
      "artists", stats.top_artists(filter), [](const auto& item) { return item.artist_id; }, name,
      json);
  write_top(
      "albums", stats.top_albums(filter), [](const auto& item) { return item.album_id; }, name,
      json);
  const auto genre = [](const auto& item) { return item.genre; };
  write_top("genres", stats.top_genres(filter), genre, genre, json);
  json.close('}');
}

void write_rhythm(const Stats& stats, const Selection& selection, JsonWriter& json) {
  const StatsFilter& filter = selection.filter();
  json.key("clock").open('[');
  for (const ClockHour& hour : stats.clock(filter)) json.value(hour.plays);
  json.close(']').key("heatmap").open('[');
  for (const HeatmapCell& cell : stats.heatmap(filter)) {
    if (cell.hour == 0) json.open('[');
    json.value(cell.plays);
    if (cell.hour == 23) json.close(']');
  }
  json.close(']').key("days").open('[');
  for (const auto& [day, plays] : stats::plays_by_day(selection)) {
    json.open('[').value(stats::day_text(day)).value(plays).close(']');
  }
  json.close(']');

  const Streaks streaks = stats.streaks(filter);
  json.key("streaks").open('{');
  json.member("current", streaks.current ? streaks.current->days : std::int64_t{0});
  json.member("longest", streaks.longest ? streaks.longest->days : std::int64_t{0});
  std::optional<std::string> start;
  if (streaks.longest) {
    const std::chrono::sys_days first = streaks.longest->first_day;
    start = stats::day_text((first - calendar::kEpoch).count());
  }
  json.member("longest_start", start).close('}');

  const Sessions sessions = stats.sessions(filter);
  std::optional<std::int64_t> longest;
  if (sessions.longest) {
    longest =
        (sessions.longest->end.postgres_micros() - sessions.longest->start.postgres_micros()) /
        1'000;
  }
  json.key("sessions").open('{').member("gap_s", std::int64_t{sessions.gap.count() / 1'000});
  json.member("count", sessions.count).member("median_ms", sessions.median_length_ms);
  json.member("median_plays", sessions.median_plays).member("longest_ms", longest).close('}');
}

void write_habits(const Stats& stats, const StatsFilter& filter, JsonWriter& json) {
  const SkipRate skips = stats.skips(filter).front();
  json.key("skips").open('{').member("known", skips.known).member("skipped", skips.skipped);
  json.member("rate", skips.rate).close('}');

  const Discovery discovery = stats.discovery(filter);
  json.key("discovery").open('{').member("new_artists", discovery.new_artists);
  json.member("new_tracks", discovery.new_tracks).member("new_albums", discovery.new_albums);
  json.member("new_play_share", discovery.new_play_share);
  json.member("censored", discovery.censored).close('}');

  const Diversity diversity = stats.diversity(filter, Entity::artist);
  json.key("diversity").open('{').key("artists").open('{');
  json.member("richness", diversity.richness).member("shannon", diversity.shannon);
  json.member("effective", diversity.effective).member("evenness", diversity.evenness);
  json.member("gini", diversity.gini).close('}').close('}');
}

void write_music(const Stats& stats, const StatsFilter& filter, JsonWriter& json) {
  json.key("eras").open('[');
  for (const Era& era : stats.eras(filter).eras) {
    json.open('[').value(era.label).value(era.plays).close(']');
  }
  json.close(']').key("audio").open('{');
  for (const FeatureProfile& feature : stats.audio_profile(filter).features) {
    json.key(feature.feature).open('{').member("n", feature.n);
    json.member("coverage", feature.coverage).member("mean", feature.mean);
    json.member("std", feature.stddev).member("median", feature.median).close('}');
  }
  json.close('}');
}

void write_quality(const DataQuality& quality, JsonWriter& json) {
  json.key("quality").open('{').member("null_listened", quality.null_listened);
  json.member("null_skipped", quality.null_skipped).member("no_features", quality.no_features);
  json.member("no_genres", quality.no_genres).member("no_time", quality.no_time);
  json.member("duplicate_candidates", quality.duplicate_candidates).close('}');
}

/// Nothing for a period that is open, or reaches to infinity: none comes before it.
void write_comparison(const Stats& stats, const StatsFilter& filter, std::int64_t plays,
                      JsonWriter& json) {
  const Span span = filter.period.resolve(filter.tz, filter.now, filter.week_start);
  if (!span.start || !span.end || !span.start->is_finite() || !span.end->is_finite()) return;
  StatsFilter before = filter;
  before.period = filter.period.previous();
  const std::int64_t was = stats.totals(before).plays;
  std::optional<double> ratio;
  if (was != 0) ratio = static_cast<double>(plays) / static_cast<double>(was);
  json.key("compare").open('{').key("previous").open('{').member("plays", was);
  json.member("delta", plays - was).member("ratio", ratio).close('}').close('}');
}

/// Whether a snapshot was computed for the same period and by the same filter as the payload.
bool asks_the_same(const Snapshot& snapshot, const std::string& payload) {
  if (snapshot.metrics_payload == payload) return true;
  try {
    const auto kept = snapshot.metrics();
    const auto* ours = std::get_if<Metrics>(&kept);
    return ours != nullptr && ours->filter == Metrics::parse(payload).filter;
  } catch (const Error&) {  // of a newer form, or damaged
    return false;
  }
}

}  // namespace

std::string Stats::metrics_payload(const StatsFilter& filter) const {
  return at_one_moment([&](const Stats& here) {
    StatsFilter same = filter;
    if (!same.now) same.now = Timestamp::now();
    const Selection selection(here.pinned_, same);
    JsonWriter json;
    json.open('{').member("schema", "playmirror.metrics/1").member("library", kVersion);
    json.member("computed_at", same.now->to_string());
    write_filter(selection, json);
    const stats::Fingerprint input = stats::fingerprint(selection);
    json.key("input").open('{').member("plays_seen", input.plays);
    json.member("max_play_id", input.max_id).member("fingerprint", "sha256:" + input.sha256);
    if (stats::lacks_raw_data(selection.plays().database())) {
      json.member("left_out", std::vector<std::string>{"raw_data"});
    }
    json.close('}');
    const Totals totals = here.totals(same);
    write_totals(totals, json);
    write_tops(here, same, json);
    write_rhythm(here, selection, json);
    write_habits(here, same, json);
    write_music(here, same, json);
    write_quality(here.data_quality(same), json);
    write_comparison(here, same, totals.plays, json);
    json.close('}');
    return std::move(json).take();
  });
}

Snapshot Snapshots::compute(const Period& period, const StatsFilter& filter) const {
  StatsFilter same = filter;
  same.period = period;
  if (!same.now) same.now = Timestamp::now();
  const Span span = period.resolve(same.tz, same.now, same.week_start);
  if (const auto cut = stats::cut_in(*state_, span)) {
    raise(ErrorCode::invalid_argument,
          "the mirror leaves out plays before " + cut->to_string() +
              ", and the period begins earlier: a snapshot of it would be wrong",
          {.hint = "Pull with an earlier plays_since first, or choose a later period."});
  }
  const std::string payload = Stats(state_).metrics_payload(same);
  Snapshot kept = add({.date = *same.now,
                       .period_label = period.label(),
                       .period_start = span.start,
                       .period_end = span.end,
                       .metrics_payload = payload});
  if (!asks_the_same(kept, payload)) {
    raise(ErrorCode::invalid_argument,
          "the mirror has a snapshot of " + same.now->to_string() + " that is called " +
              period.label() + ", and it is of another period or filter",
          {.hint = "Give another `now`: a snapshot is known by its date and label."});
  }
  return kept;
}

}  // namespace playmirror
