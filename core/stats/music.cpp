/// Stats::genres, genre_by_daypart, eras, audio_profile, audio_trend.

#include "core/known_value.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/ratio.hpp"

#include <playmirror/stats.hpp>
#include <playmirror/stats_music_members.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <map>
#include <string>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::ratio;
using stats::Rows;
using stats::Selection;
using stats::Tally;

constexpr std::size_t kDayparts = 4;
constexpr std::int64_t kFirstYear = 1800;

std::int64_t sum(const std::vector<std::int64_t>& plays) {
  std::int64_t all = 0;
  for (const std::int64_t each : plays) all += each;
  return all;
}

/// Sums over the plays of each feature, in order of track id.
struct FeatureSums {
  std::int64_t n = 0;
  double total = 0;
  double squares = 0;  ///< of the distances from the mean

  [[nodiscard]] double mean() const noexcept { return total / static_cast<double>(n); }
};
using AllSums = std::array<FeatureSums, stats::kFeatures.size()>;

AllSums sum_features(const Selection& selection, const std::vector<std::int64_t>& plays) {
  const auto& features = selection.facts().features();
  const auto& order = selection.facts().order();
  AllSums sums;
  const auto each = [&](const auto& visit) {
    for (const std::uint32_t track : order) {
      if (plays[track] == 0) continue;
      for (std::size_t i = 0; i < sums.size(); ++i) {
        if (const auto& value = features[track].values[i]) visit(sums[i], *value, plays[track]);
      }
    }
  };
  each([](FeatureSums& sum, double value, std::int64_t times) {
    sum.n += times;
    sum.total += value * static_cast<double>(times);
  });
  each([](FeatureSums& sum, double value, std::int64_t times) {
    const double distance = value - sum.mean();
    sum.squares += distance * distance * static_cast<double>(times);
  });
  return sums;
}

FeatureProfile profile(const Selection& selection, std::size_t feature, const FeatureSums& sums,
                       const std::vector<std::int64_t>& plays, std::int64_t all) {
  FeatureProfile result;
  result.feature = stats::kFeatures[feature];
  result.n = sums.n;
  result.coverage = ratio(result.n, all);
  if (result.n == 0) return result;
  stats::Weighted values;
  const auto& features = selection.facts().features();
  for (const std::uint32_t track : selection.facts().by_feature(feature)) {
    if (plays[track] != 0) values.emplace_back(*features[track].values[feature], plays[track]);
  }
  result.mean = sums.mean();
  result.stddev = std::sqrt(sums.squares / static_cast<double>(result.n));
  result.min = values.front().first;
  result.p10 = stats::percentile(values, result.n, 0.1);
  result.median = stats::percentile(values, result.n, 0.5);
  result.p90 = stats::percentile(values, result.n, 0.9);
  result.max = values.back().first;
  return result;
}

}  // namespace

Genres Stats::genres(const StatsFilter& filter) const {
  const Stats here = at_one_moment();
  const Selection selection(here.moment(), filter);
  Genres result;
  const auto& groups = selection.facts().genres();
  const auto plays = selection.track_counts();
  result.plays = sum(plays);
  for (std::uint32_t track = 0; track < plays.size(); ++track) {
    if (groups.of(track)[0] == 0) result.plays_unknown += plays[track];
  }
  result.unknown_share = ratio(result.plays_unknown, result.plays);
  StatsFilter same_now = filter;
  same_now.now = selection.now();
  result.genres = here.top_genres(same_now);
  std::erase_if(result.genres, [](const TopGenre& genre) { return !genre.genre; });
  return result;
}

std::vector<DaypartGenre> Stats::genre_by_daypart(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
  const auto& genres = selection.facts().genres();
  std::vector<std::array<std::int64_t, kDayparts>> plays(selection.facts().tracks());
  stats::LocalUnits local = stats::LocalUnits::hours(selection.zone());
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     const std::size_t hour =
                         stats::hour_of_week(local.at(batch.played_at[row])) % 24;
                     ++plays[batch.track[row]][hour / 6];
                   });
                 });
  std::vector<std::array<stats::GroupTally, kDayparts>> sums(genres.count);
  std::vector<stats::GroupTally> all(genres.count);
  std::array<std::int64_t, kDayparts> in_daypart{};
  for (std::uint32_t track = 0; track < plays.size(); ++track) {
    const auto of_track = genres.of(track);
    const std::int64_t part =
        stats::part_of(filter.genre_weight == GenreWeight::split, of_track.size());
    for (std::size_t daypart = 0; daypart < kDayparts; ++daypart) {
      const std::int64_t times = plays[track][daypart];
      in_daypart[daypart] += times;
      for (const std::uint32_t genre : of_track) {
        for (stats::GroupTally* sum : {&sums[genre][daypart], &all[genre]}) {
          sum->tally.plays += times;
          sum->parts += times * part;
        }
      }
    }
  }

  StatsFilter by_plays = filter;
  by_plays.by = Rank::plays;
  std::vector<DaypartGenre> result;
  const auto places = stats::rank_groups(by_plays, all, genres.order);
  for (std::size_t daypart = 0; daypart < kDayparts; ++daypart) {
    for (const stats::Place& place : places) {
      const stats::GroupTally& sum = sums[place.group][daypart];
      if (sum.tally.plays == 0) continue;
      DaypartGenre& row = result.emplace_back();
      row.daypart = static_cast<Daypart>(daypart);
      if (place.group != 0) row.genre = selection.facts().genre(place.group);
      row.plays = sum.tally.plays;
      row.weight = sum.weight();
      row.share = row.weight / static_cast<double>(in_daypart[daypart]);
    }
  }
  return result;
}

Eras Stats::eras(const StatsFilter& filter, EraUnit unit) const {
  require_known("unit", unit);
  const Selection selection(moment(), filter);
  const auto& years = selection.facts().years();
  const std::int64_t today =
      calendar::floor_divide(selection.zone().local(selection.now().postgres_micros()),
                             calendar::kMicrosPerDay)
          .quotient;
  const std::int64_t last_year = calendar::date_of(today).year + 1;
  Eras result;
  std::map<std::int64_t, Tally> by_year;
  const auto tracks = selection.track_tallies();
  for (std::size_t track = 0; track < tracks.size(); ++track) {
    const Tally& tally = tracks[track].tally;
    if (tally.plays == 0) continue;
    result.plays += tally.plays;
    if (years[track] < kFirstYear || years[track] > last_year) {
      result.plays_unknown += tally.plays;
    } else {
      by_year[years[track]] += tally;
    }
  }
  stats::Weighted values;
  std::map<std::int64_t, Tally> eras;
  for (const auto& [year, tally] : by_year) {
    values.emplace_back(static_cast<double>(year), tally.plays);
    eras[unit == EraUnit::year ? year : year / 10 * 10] += tally;
  }
  result.unknown_share = ratio(result.plays_unknown, result.plays);
  result.median_year = stats::percentile(values, result.plays - result.plays_unknown, 0.5);
  for (const auto& [first, tally] : eras) {
    result.eras.push_back({std::to_string(first) + (unit == EraUnit::decade ? "s" : ""), first,
                           tally.plays, tally.time(), *ratio(tally.plays, result.plays)});
  }
  return result;
}

AudioProfile Stats::audio_profile(const StatsFilter& filter) const {
  const Selection selection(moment(), filter);
  const auto plays = selection.track_counts();
  const auto& features = selection.facts().features();
  AudioProfile result;
  result.plays = sum(plays);
  const AllSums sums = sum_features(selection, plays);
  for (std::size_t feature = 0; feature < stats::kFeatures.size(); ++feature) {
    result.features.push_back(profile(selection, feature, sums[feature], plays, result.plays));
  }
  result.keys.assign(12, 0);
  std::map<std::int64_t, std::int64_t> signatures;
  std::int64_t no_signature = 0;
  for (std::size_t track = 0; track < plays.size(); ++track) {
    const auto& [values, infinite, key, mode, signature] = features[track];
    const bool has_key = key && *key >= 0 && *key < 12;
    (has_key ? result.keys[static_cast<std::size_t>(*key)] : result.key_unknown) += plays[track];
    const bool has_mode = mode && (*mode == 0 || *mode == 1);
    (!has_mode ? result.mode_unknown : *mode == 1 ? result.major : result.minor) += plays[track];
    if (plays[track] > 0) (signature ? signatures[*signature] : no_signature) += plays[track];
  }
  result.major_share = ratio(result.major, result.major + result.minor);
  for (const auto& [signature, times] : signatures) {
    result.time_signatures.push_back({signature, times});
  }
  if (no_signature > 0) result.time_signatures.push_back({std::nullopt, no_signature});
  return result;
}

std::vector<FeatureTrend> Stats::audio_trend(const StatsFilter& filter, Unit unit) const {
  const Selection selection(moment(), filter);
  const auto [since, until] = stats::covered(selection);
  const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
  const auto& features = selection.facts().features();
  struct Sum {
    std::int64_t n = 0;
    double total = 0;
  };
  std::vector<std::array<Sum, stats::kFeatures.size()>> sums(series.buckets().size());
  if (!sums.empty()) {
    // Plays of a bucket by track first: the sum then runs in order of track id.
    std::vector<std::int64_t> plays(selection.facts().tracks(), 0);
    std::vector<std::uint32_t> met;
    std::int64_t current = 0;
    std::vector<std::uint32_t> rank(plays.size(), 0);
    for (std::uint32_t i = 0; i < selection.facts().order().size(); ++i) {
      rank[selection.facts().order()[i]] = i + 1;
    }
    const auto settle = [&] {
      std::ranges::sort(met, {}, [&](std::uint32_t track) { return rank[track]; });
      for (const std::uint32_t track : met) {
        const auto times = std::exchange(plays[track], 0);
        for (std::size_t i = 0; i < stats::kFeatures.size(); ++i) {
          const auto& value = features[track].values[i];
          if (!value) continue;
          Sum& sum_of = sums[static_cast<std::size_t>(current)][i];
          sum_of.n += times;
          sum_of.total += *value * static_cast<double>(times);
        }
      }
      met.clear();
    };
    stats::PieceWalker walker(series.pieces());
    selection.scan({since, until}, stats::Column::played_at | stats::Column::track,
                   [&](const Rows& rows) {
                     const Batch& batch = rows.batch();
                     rows.each([&](std::size_t row) {
                       const std::int64_t bucket = walker.at(batch.played_at[row]);
                       if (bucket != current) settle();
                       current = bucket;
                       if (plays[batch.track[row]]++ == 0) met.push_back(batch.track[row]);
                     });
                   });
    settle();
  }
  std::vector<FeatureTrend> result;
  for (std::size_t i = 0; i < sums.size(); ++i) {
    const auto& bucket = series.buckets()[i];
    for (std::size_t feature = 0; feature < stats::kFeatures.size(); ++feature) {
      const auto& [n, total] = sums[i][feature];
      FeatureTrend& row = result.emplace_back();
      row.local_start = bucket.local;
      row.start = stats::to_timestamp(bucket.begin);
      row.end = stats::to_timestamp(bucket.end);
      row.feature = stats::kFeatures[feature];
      row.n = n;
      if (n > 0) row.mean = total / static_cast<double>(n);
    }
  }
  return result;
}

}  // namespace playmirror
