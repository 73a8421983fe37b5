/// \file
/// The members of what metrics.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/metrics.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_filter_members.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<MetricsFilter> {
  static constexpr auto kName = "MetricsFilter";
  static constexpr std::tuple kAll{
      Member{"start", &MetricsFilter::start},
      Member{"end", &MetricsFilter::end},
      Member{"label", &MetricsFilter::label},
      Member{"tz", &MetricsFilter::tz},
      Member{"week_start", &MetricsFilter::week_start},
      Member{"rule", &MetricsFilter::rule},
      Member{"min_listened_ms", &MetricsFilter::min_listened_ms},
      Member{"null_listened", &MetricsFilter::null_listened},
      Member{"skips", &MetricsFilter::skips},
      Member{"sources", &MetricsFilter::sources},
      Member{"include_contexts", &MetricsFilter::include_contexts},
      Member{"exclude_contexts", &MetricsFilter::exclude_contexts},
      Member{"exclude_track_ids", &MetricsFilter::exclude_track_ids},
      Member{"exclude_artist_ids", &MetricsFilter::exclude_artist_ids},
      Member{"track_id", &MetricsFilter::track_id},
      Member{"artist_id", &MetricsFilter::artist_id},
      Member{"album", &MetricsFilter::album},
      Member{"genre", &MetricsFilter::genre},
      Member{"time_basis", &MetricsFilter::time_basis},
      Member{"artist_credit", &MetricsFilter::artist_credit},
      Member{"genre_weight", &MetricsFilter::genre_weight},
      Member{"track_identity", &MetricsFilter::track_identity},
      Member{"dedupe", &MetricsFilter::dedupe},
      Member{"dedupe_window_ms", &MetricsFilter::dedupe_window_ms},
      Member{"played_at_is", &MetricsFilter::played_at_is},
      Member{"by", &MetricsFilter::by},
  };
};

template <>
struct Members<MetricsInput> {
  static constexpr auto kName = "MetricsInput";
  static constexpr std::tuple kAll{
      Member{"plays_seen", &MetricsInput::plays_seen},
      Member{"max_play_id", &MetricsInput::max_play_id},
      Member{"fingerprint", &MetricsInput::fingerprint},
      Member{"left_out", &MetricsInput::left_out},
  };
};

template <>
struct Members<MetricsTotals> {
  static constexpr auto kName = "MetricsTotals";
  static constexpr std::tuple kAll{
      Member{"plays", &MetricsTotals::plays},
      Member{"measured_ms", &MetricsTotals::measured_ms},
      Member{"estimated_ms", &MetricsTotals::estimated_ms},
      Member{"plays_unknown", &MetricsTotals::plays_unknown},
      Member{"tracks", &MetricsTotals::tracks},
      Member{"artists", &MetricsTotals::artists},
      Member{"albums", &MetricsTotals::albums},
      Member{"genres", &MetricsTotals::genres},
      Member{"active_days", &MetricsTotals::active_days},
  };
};

template <>
struct Members<MetricsItem> {
  static constexpr auto kName = "MetricsItem";
  static constexpr std::tuple kAll{
      Member{"id", &MetricsItem::id},       Member{"name", &MetricsItem::name},
      Member{"plays", &MetricsItem::plays}, Member{"ms", &MetricsItem::ms},
      Member{"share", &MetricsItem::share}, Member{"position", &MetricsItem::position},
      Member{"rank", &MetricsItem::rank},
  };
};

template <>
struct Members<MetricsTop> {
  static constexpr auto kName = "MetricsTop";
  static constexpr std::tuple kAll{
      Member{"tracks", &MetricsTop::tracks},
      Member{"artists", &MetricsTop::artists},
      Member{"albums", &MetricsTop::albums},
      Member{"genres", &MetricsTop::genres},
  };
};

template <>
struct Members<MetricsDay> {
  static constexpr auto kName = "MetricsDay";
  static constexpr std::tuple kAll{
      Member{"day", &MetricsDay::day},
      Member{"plays", &MetricsDay::plays},
  };
};

template <>
struct Members<MetricsStreaks> {
  static constexpr auto kName = "MetricsStreaks";
  static constexpr std::tuple kAll{
      Member{"current", &MetricsStreaks::current},
      Member{"longest", &MetricsStreaks::longest},
      Member{"longest_start", &MetricsStreaks::longest_start},
  };
};

template <>
struct Members<MetricsSessions> {
  static constexpr auto kName = "MetricsSessions";
  static constexpr std::tuple kAll{
      Member{"gap_s", &MetricsSessions::gap_s},
      Member{"count", &MetricsSessions::count},
      Member{"median_ms", &MetricsSessions::median_ms},
      Member{"median_plays", &MetricsSessions::median_plays},
      Member{"longest_ms", &MetricsSessions::longest_ms},
  };
};

template <>
struct Members<MetricsSkips> {
  static constexpr auto kName = "MetricsSkips";
  static constexpr std::tuple kAll{
      Member{"known", &MetricsSkips::known},
      Member{"skipped", &MetricsSkips::skipped},
      Member{"rate", &MetricsSkips::rate},
  };
};

template <>
struct Members<MetricsDiscovery> {
  static constexpr auto kName = "MetricsDiscovery";
  static constexpr std::tuple kAll{
      Member{"new_artists", &MetricsDiscovery::new_artists},
      Member{"new_tracks", &MetricsDiscovery::new_tracks},
      Member{"new_albums", &MetricsDiscovery::new_albums},
      Member{"new_play_share", &MetricsDiscovery::new_play_share},
      Member{"censored", &MetricsDiscovery::censored},
  };
};

template <>
struct Members<MetricsSpread> {
  static constexpr auto kName = "MetricsSpread";
  static constexpr std::tuple kAll{
      Member{"richness", &MetricsSpread::richness},   Member{"shannon", &MetricsSpread::shannon},
      Member{"effective", &MetricsSpread::effective}, Member{"evenness", &MetricsSpread::evenness},
      Member{"gini", &MetricsSpread::gini},
  };
};

template <>
struct Members<MetricsDiversity> {
  static constexpr auto kName = "MetricsDiversity";
  static constexpr std::tuple kAll{
      Member{"artists", &MetricsDiversity::artists},
  };
};

template <>
struct Members<MetricsEra> {
  static constexpr auto kName = "MetricsEra";
  static constexpr std::tuple kAll{
      Member{"label", &MetricsEra::label},
      Member{"plays", &MetricsEra::plays},
  };
};

template <>
struct Members<MetricsFeature> {
  static constexpr auto kName = "MetricsFeature";
  static constexpr std::tuple kAll{
      Member{"n", &MetricsFeature::n},           Member{"coverage", &MetricsFeature::coverage},
      Member{"mean", &MetricsFeature::mean},     Member{"stddev", &MetricsFeature::stddev},
      Member{"median", &MetricsFeature::median},
  };
};

template <>
struct Members<MetricsAudio> {
  static constexpr auto kName = "MetricsAudio";
  static constexpr std::tuple kAll{
      Member{"danceability", &MetricsAudio::danceability},
      Member{"energy", &MetricsAudio::energy},
      Member{"loudness", &MetricsAudio::loudness},
      Member{"speechiness", &MetricsAudio::speechiness},
      Member{"acousticness", &MetricsAudio::acousticness},
      Member{"instrumentalness", &MetricsAudio::instrumentalness},
      Member{"liveness", &MetricsAudio::liveness},
      Member{"valence", &MetricsAudio::valence},
      Member{"tempo", &MetricsAudio::tempo},
  };
};

template <>
struct Members<MetricsQuality> {
  static constexpr auto kName = "MetricsQuality";
  static constexpr std::tuple kAll{
      Member{"null_listened", &MetricsQuality::null_listened},
      Member{"null_skipped", &MetricsQuality::null_skipped},
      Member{"no_features", &MetricsQuality::no_features},
      Member{"no_genres", &MetricsQuality::no_genres},
      Member{"no_time", &MetricsQuality::no_time},
      Member{"duplicate_candidates", &MetricsQuality::duplicate_candidates},
  };
};

template <>
struct Members<MetricsBase> {
  static constexpr auto kName = "MetricsBase";
  static constexpr std::tuple kAll{
      Member{"plays", &MetricsBase::plays},
      Member{"delta", &MetricsBase::delta},
      Member{"ratio", &MetricsBase::ratio},
  };
};

template <>
struct Members<MetricsComparison> {
  static constexpr auto kName = "MetricsComparison";
  static constexpr std::tuple kAll{
      Member{"previous", &MetricsComparison::previous},
  };
};

template <>
struct Members<Metrics> {
  static constexpr auto kName = "Metrics";
  static constexpr std::tuple kAll{
      Member{"schema", &Metrics::schema},
      Member{"library", &Metrics::library},
      Member{"computed_at", &Metrics::computed_at},
      Member{"filter", &Metrics::filter},
      Member{"input", &Metrics::input},
      Member{"totals", &Metrics::totals},
      Member{"top", &Metrics::top},
      Member{"clock", &Metrics::clock},
      Member{"heatmap", &Metrics::heatmap},
      Member{"days", &Metrics::days},
      Member{"streaks", &Metrics::streaks},
      Member{"sessions", &Metrics::sessions},
      Member{"skips", &Metrics::skips},
      Member{"discovery", &Metrics::discovery},
      Member{"diversity", &Metrics::diversity},
      Member{"eras", &Metrics::eras},
      Member{"audio", &Metrics::audio},
      Member{"quality", &Metrics::quality},
      Member{"compare", &Metrics::compare},
      Member{"text", &Metrics::text, ColumnType::json},
  };
};

template <>
struct Members<RawMetrics> {
  static constexpr auto kName = "RawMetrics";
  static constexpr std::tuple kAll{
      Member{"text", &RawMetrics::text, ColumnType::json},
  };
};

}  // namespace playmirror
