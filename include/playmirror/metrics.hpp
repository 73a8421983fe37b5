#pragma once

#include <playmirror/export.hpp>
#include <playmirror/period.hpp>
#include <playmirror/stats_filter.hpp>
#include <playmirror/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// The payload of a snapshot that playmirror computed, `playmirror.metrics/1`, as a record: what
/// Stats::metrics_payload() writes, read back. Members are named like the keys of the JSON. A
/// member that is optional is one that a payload may lack; what the numbers mean is told by the
/// statistic that each section is named after, see docs/statistics.md.
///
/// Reading touches neither the mirror nor the network. Plain values, safe to share between threads.
namespace playmirror {

/// Which plays were counted, and how: StatsFilter, with the period resolved. What a payload does
/// not say has the filter's default.
struct MetricsFilter {
  std::optional<Timestamp> start = {};  ///< none: open
  std::optional<Timestamp> end = {};    ///< exclusive; none: open
  std::string label = {};               ///< such as "last_30_days"; Period::parse() reads it
  std::string tz = "UTC";
  Weekday week_start = Weekday::monday;
  ListenRule rule = ListenRule::all;
  std::optional<std::int64_t> min_listened_ms = {};
  NullListened null_listened = NullListened::keep;
  Skips skips = Skips::include;
  std::vector<std::optional<std::string>> sources = {};  ///< empty: any
  std::vector<std::string> include_contexts = {};        ///< empty: any
  std::vector<std::string> exclude_contexts = {};
  std::vector<std::string> exclude_track_ids = {};   ///< those of exclusion lists as well
  std::vector<std::string> exclude_artist_ids = {};  ///< likewise
  std::optional<std::string> track_id = {};
  std::optional<std::string> artist_id = {};
  std::optional<std::string> album = {};
  std::optional<std::string> genre = {};
  TimeBasis time_basis = TimeBasis::measured_or_duration;
  ArtistCredit artist_credit = ArtistCredit::each;
  GenreWeight genre_weight = GenreWeight::full;
  TrackIdentity track_identity = TrackIdentity::id;
  Dedupe dedupe = Dedupe::none;
  std::int64_t dedupe_window_ms = 30'000;  ///< milliseconds
  PlayedAt played_at_is = PlayedAt::unknown;
  Rank by = Rank::plays;

  friend bool operator==(const MetricsFilter&, const MetricsFilter&) = default;
};

/// Which rows went in: the same fingerprint proves the same plays.
struct MetricsInput {
  std::int64_t plays_seen = 0;
  std::optional<std::int64_t> max_play_id = {};  ///< none: no plays
  std::string fingerprint = {};                  ///< "sha256:" and 64 hexadecimal digits
  std::vector<std::string> left_out = {};        ///< columns that the mirror did not have

  friend bool operator==(const MetricsInput&, const MetricsInput&) = default;
};

/// All plays in sum, see Totals. Times are milliseconds.
struct MetricsTotals {
  std::int64_t plays = 0;
  std::int64_t measured_ms = 0;
  std::int64_t estimated_ms = 0;
  std::int64_t plays_unknown = 0;
  std::int64_t tracks = 0;
  std::int64_t artists = 0;
  std::int64_t albums = 0;
  std::optional<std::int64_t> genres = {};
  std::int64_t active_days = 0;

  friend bool operator==(const MetricsTotals&, const MetricsTotals&) = default;
};

/// One line of a ranked list.
struct MetricsItem {
  std::optional<std::string> id = {};  ///< of a genre its name; none: an album known by its name
  std::optional<std::string> name = {};
  std::int64_t plays = 0;
  std::int64_t ms = 0;  ///< listening time in milliseconds, measured and estimated
  double share = 0;
  std::int64_t position = 0;
  std::int64_t rank = 0;

  friend bool operator==(const MetricsItem&, const MetricsItem&) = default;
};

/// The first of each ranked list, as many as StatsFilter::limit asked for.
struct MetricsTop {
  std::vector<MetricsItem> tracks = {};
  std::vector<MetricsItem> artists = {};
  std::vector<MetricsItem> albums = {};
  std::vector<MetricsItem> genres = {};

  friend bool operator==(const MetricsTop&, const MetricsTop&) = default;
};

/// A local day with plays.
struct MetricsDay {
  std::chrono::year_month_day day = {};
  std::int64_t plays = 0;

  friend bool operator==(const MetricsDay&, const MetricsDay&) = default;
};

/// Days in a row, see Streaks.
struct MetricsStreaks {
  std::int64_t current = 0;  ///< days; 0: none
  std::int64_t longest = 0;  ///< days; 0: none
  std::optional<std::chrono::year_month_day> longest_start = {};

  friend bool operator==(const MetricsStreaks&, const MetricsStreaks&) = default;
};

/// Sessions in sum, see Sessions.
struct MetricsSessions {
  std::int64_t gap_s = 0;  ///< seconds of silence that end a session
  std::int64_t count = 0;
  std::optional<double> median_ms = {};
  std::optional<double> median_plays = {};
  std::optional<std::int64_t> longest_ms = {};

  friend bool operator==(const MetricsSessions&, const MetricsSessions&) = default;
};

/// Skips over all plays, see SkipRate.
struct MetricsSkips {
  std::int64_t known = 0;
  std::int64_t skipped = 0;
  std::optional<double> rate = {};

  friend bool operator==(const MetricsSkips&, const MetricsSkips&) = default;
};

/// What was new, see Discovery.
struct MetricsDiscovery {
  std::int64_t new_artists = 0;
  std::int64_t new_tracks = 0;
  std::optional<std::int64_t> new_albums = {};
  std::optional<double> new_play_share = {};
  bool censored = false;

  friend bool operator==(const MetricsDiscovery&, const MetricsDiscovery&) = default;
};

/// How evenly plays are spread over one kind of thing, see Diversity.
struct MetricsSpread {
  std::int64_t richness = 0;
  std::optional<double> shannon = {};
  std::optional<double> effective = {};
  std::optional<double> evenness = {};
  std::optional<double> gini = {};

  friend bool operator==(const MetricsSpread&, const MetricsSpread&) = default;
};

/// How evenly plays are spread.
struct MetricsDiversity {
  std::optional<MetricsSpread> artists = {};

  friend bool operator==(const MetricsDiversity&, const MetricsDiversity&) = default;
};

/// Plays of the music of a decade.
struct MetricsEra {
  std::string label = {};  ///< such as "1990s"
  std::int64_t plays = 0;

  friend bool operator==(const MetricsEra&, const MetricsEra&) = default;
};

/// One audio feature, see FeatureProfile.
struct MetricsFeature {
  std::int64_t n = 0;
  std::optional<double> coverage = {};
  std::optional<double> mean = {};
  std::optional<double> stddev = {};  ///< the key `std`
  std::optional<double> median = {};

  friend bool operator==(const MetricsFeature&, const MetricsFeature&) = default;
};

/// How the music sounds, see AudioProfile.
struct MetricsAudio {
  std::optional<MetricsFeature> danceability = {};
  std::optional<MetricsFeature> energy = {};
  std::optional<MetricsFeature> loudness = {};
  std::optional<MetricsFeature> speechiness = {};
  std::optional<MetricsFeature> acousticness = {};
  std::optional<MetricsFeature> instrumentalness = {};
  std::optional<MetricsFeature> liveness = {};
  std::optional<MetricsFeature> valence = {};
  std::optional<MetricsFeature> tempo = {};

  friend bool operator==(const MetricsAudio&, const MetricsAudio&) = default;
};

/// How many plays have which gap, see DataQuality.
struct MetricsQuality {
  std::int64_t null_listened = 0;
  std::int64_t null_skipped = 0;
  std::int64_t no_features = 0;
  std::optional<std::int64_t> no_genres = {};
  std::optional<std::int64_t> no_time = {};
  std::optional<std::int64_t> duplicate_candidates = {};

  friend bool operator==(const MetricsQuality&, const MetricsQuality&) = default;
};

/// The plays of another period, and what came of them in this one.
struct MetricsBase {
  std::int64_t plays = 0;
  std::int64_t delta = 0;            ///< plays of this period - plays
  std::optional<double> ratio = {};  ///< plays of this period / plays; none when that is 0

  friend bool operator==(const MetricsBase&, const MetricsBase&) = default;
};

/// Beside other periods.
struct MetricsComparison {
  std::optional<MetricsBase> previous = {};  ///< the period before

  friend bool operator==(const MetricsComparison&, const MetricsComparison&) = default;
};

/// A payload of the form `playmirror.metrics/1`. A section that it lacks is none. Keys that this
/// version does not know are in `text`, which is what to hand to NewSnapshot::metrics_payload when
/// a payload is to be written again.
struct PLAYMIRROR_EXPORT Metrics {
  std::string schema = {};     ///< "playmirror.metrics/1"
  std::string library = {};    ///< the version of playmirror that computed it
  Timestamp computed_at = {};  ///< StatsFilter::now
  std::optional<MetricsFilter> filter = {};
  std::optional<MetricsInput> input = {};
  std::optional<MetricsTotals> totals = {};
  std::optional<MetricsTop> top = {};
  std::optional<std::vector<std::int64_t>> clock = {};  ///< plays by local hour: 24

  /// Plays by local weekday, from Monday, and hour: 7 lists of 24.
  std::optional<std::vector<std::vector<std::int64_t>>> heatmap = {};

  std::optional<std::vector<MetricsDay>> days = {};  ///< those with plays, in order
  std::optional<MetricsStreaks> streaks = {};
  std::optional<MetricsSessions> sessions = {};
  std::optional<MetricsSkips> skips = {};
  std::optional<MetricsDiscovery> discovery = {};
  std::optional<MetricsDiversity> diversity = {};
  std::optional<std::vector<MetricsEra>> eras = {};  ///< in order of time
  std::optional<MetricsAudio> audio = {};
  std::optional<MetricsQuality> quality = {};
  std::optional<MetricsComparison> compare = {};  ///< none: an open period
  std::string text = {};                          ///< the whole payload, as it was read

  /// Reads a payload. Throws InvalidArgument for a text that is not JSON, or does not say that it
  /// is a payload of ours; SchemaMismatch for one of another version, and for one that says so but
  /// does not keep to the form: the message names the key. See also Snapshot::metrics().
  [[nodiscard]] static Metrics parse(std::string_view text);

  friend bool operator==(const Metrics&, const Metrics&) = default;
};

/// A payload that another program wrote: whatever it put there.
struct RawMetrics {
  std::string text = {};  ///< JSON, as the server has it

  friend bool operator==(const RawMetrics&, const RawMetrics&) = default;
};

}  // namespace playmirror
