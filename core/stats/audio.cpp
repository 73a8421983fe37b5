/// Stats::audio_profile, audio_trend.

#include "core/stats/answer.hpp"
#include "core/stats/features.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/percentile.hpp"
#include "core/stats/ratio.hpp"
#include "core/stats/selection.hpp"

#include <playmirror/stats.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <span>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

using columns::Batch;
using stats::ratio;
using stats::Rows;
using stats::Selection;

/// The plays of the tracks that have features, by the places of the tracks in the order of ids.
struct FeaturePlays {
  struct Track {
    std::size_t place;
    std::int64_t plays;
  };
  std::vector<std::uint32_t> by_place;  ///< of all tracks
  std::vector<Track> tracks;            ///< those with plays and a feature, in order
};

FeaturePlays feature_plays(const stats::Features& features, const stats::Order& order,
                           const std::vector<stats::TrackCount>& counts) {
  FeaturePlays plays{std::vector<std::uint32_t>(features.places(), 0), {}};
  auto& by_place = plays.by_place;
  for (const auto& [track, times] : counts) by_place[order.places[track]] = times;
  columns::each_where(
      features.places(),
      [&](std::size_t place) { return by_place[place] != 0 && features.known(place) != 0; },
      [&](std::uint32_t place) {
        plays.tracks.push_back({place, by_place[place]});
      });
  return plays;
}

/// Calls visit(feature, value, plays) for all that is known, in order of track id.
template <typename Visit>
void each_feature(const stats::Features& features, const FeaturePlays& plays, const Visit& visit) {
  for (const auto& [place, times] : plays.tracks) {
    const stats::FeatureValues& values = features.values(place);
    if (features.known(place) == stats::Features::kAll) {  // as a rule
      for (std::size_t i = 0; i < values.size(); ++i) visit(i, values[i], times);
    } else {
      for (std::size_t i = 0; i < values.size(); ++i) {
        if (features.has(place, i)) visit(i, values[i], times);
      }
    }
  }
}

/// A power of two by which values are multiplied while they are summed, so that neither the sum nor
/// that of their squares is more than a number can hold. It changes no digit.
constexpr double kSmaller = 0x1p-600;
constexpr double kGreatest = std::numeric_limits<double>::max();

double scale_for(double least, double greatest) {
  return std::max(std::abs(least), std::abs(greatest)) > 0x1p400 ? kSmaller : 1;
}

/// How the plays of one feature are spread over its values.
class FeatureSpread {
 public:
  FeatureSpread(const stats::Features& features, const stats::FeatureRanks& ranks,
                const FeaturePlays& plays, std::size_t feature,
                std::span<const std::int64_t> in_buckets)
      : features_(features), ranks_(ranks), plays_(plays), feature_(feature) {
    std::int64_t passed = 0;
    for (std::size_t i = 0; i < upto_.size(); ++i) upto_[i] = passed += in_buckets[i];
  }

  [[nodiscard]] std::int64_t plays() const noexcept { return upto_.back(); }

  /// The value of the play that stands there in their order.
  [[nodiscard]] double nth(std::int64_t index) const {
    const auto bucket =
        static_cast<std::size_t>(std::ranges::upper_bound(upto_, index) - upto_.begin());
    std::int64_t passed = bucket == 0 ? 0 : upto_[bucket - 1];
    std::uint32_t place = 0;
    for (const std::uint32_t each : ranks_.tracks(feature_, bucket)) {
      place = each;
      passed += plays_.by_place[place];
      if (index < passed) break;
    }
    return features_.values(place)[feature_];
  }

 private:
  const stats::Features& features_;
  const stats::FeatureRanks& ranks_;
  const FeaturePlays& plays_;
  std::size_t feature_;
  std::array<std::int64_t, stats::FeatureRanks::kBuckets> upto_;  ///< the end of each bucket
};

std::vector<FeatureProfile> profiles(stats::Facts& facts, const FeaturePlays& plays,
                                     std::int64_t all) {
  const stats::Features& features = facts.features();
  const stats::FeatureRanks& ranks = facts.feature_ranks();
  constexpr std::size_t kBuckets = stats::FeatureRanks::kBuckets + 1;
  std::vector<std::int64_t> in_buckets(stats::kFeatures.size() * kBuckets, 0);
  for (const auto& [place, times] : plays.tracks) {
    const auto& buckets = ranks.buckets(place);
    for (std::size_t i = 0; i < buckets.size(); ++i) in_buckets[i * kBuckets + buckets[i]] += times;
  }
  std::vector<FeatureSpread> spreads;
  stats::FeatureValues scales{};
  for (std::size_t i = 0; i < stats::kFeatures.size(); ++i) {
    const FeatureSpread& spread = spreads.emplace_back(
        features, ranks, plays, i, std::span(in_buckets).subspan(i * kBuckets, kBuckets));
    if (const std::int64_t n = spread.plays(); n > 0) {
      scales[i] = scale_for(spread.nth(0), spread.nth(n - 1));
    }
  }
  stats::FeatureValues totals{};
  each_feature(features, plays, [&](std::size_t feature, double value, std::int64_t times) {
    totals[feature] += value * scales[feature] * static_cast<double>(times);
  });
  stats::FeatureValues means{};
  for (std::size_t i = 0; i < stats::kFeatures.size(); ++i) {
    if (const std::int64_t n = spreads[i].plays(); n > 0) {
      means[i] = totals[i] / static_cast<double>(n);
    }
  }
  stats::FeatureValues squares{};  // of the distances from the mean
  each_feature(features, plays, [&](std::size_t feature, double value, std::int64_t times) {
    const double distance = value * scales[feature] - means[feature];
    squares[feature] += distance * distance * static_cast<double>(times);
  });
  std::vector<FeatureProfile> profiles;
  for (std::size_t i = 0; i < stats::kFeatures.size(); ++i) {
    FeatureProfile& profile = profiles.emplace_back();
    const FeatureSpread& spread = spreads[i];
    profile.feature = stats::kFeatures[i];
    profile.n = spread.plays();
    profile.coverage = ratio(profile.n, all);
    if (profile.n == 0) continue;
    const auto nth = [&](std::int64_t index) { return spread.nth(index); };
    profile.min = nth(0);
    profile.p10 = stats::percentile(profile.n, 0.1, nth);
    profile.median = stats::percentile(profile.n, 0.5, nth);
    profile.p90 = stats::percentile(profile.n, 0.9, nth);
    profile.max = nth(profile.n - 1);
    // Rounding may lead past the greatest number.
    profile.mean = std::clamp(means[i] / scales[i], -kGreatest, kGreatest);
    profile.stddev =
        std::min(std::sqrt(squares[i] / static_cast<double>(profile.n)) / scales[i], kGreatest);
  }
  return profiles;
}

}  // namespace

AudioProfile Stats::audio_profile(const StatsFilter& filter) const {
  using stats::Features;
  return of_selection(filter, [&](const Selection& selection) {
    stats::Facts& facts = selection.facts();
    const Features& features = facts.features();
    const auto counts = selection.track_counts();
    AudioProfile result;
    std::array<std::int64_t, Features::kKeys + 1> keys{};
    std::array<std::int64_t, Features::kModes + 1> modes{};
    std::vector<std::int64_t> signatures(features.signatures().size(), 0);
    for (const auto& [track, plays] : counts) {
      const Features::Traits& traits = features.traits()[track];
      result.plays += plays;
      keys[traits.key] += plays;
      modes[traits.mode] += plays;
      signatures[traits.signature] += plays;
    }
    result.features = profiles(facts, feature_plays(features, facts.order(), counts), result.plays);
    result.keys.assign(keys.begin(), keys.end() - 1);
    result.key_unknown = keys.back();
    result.minor = modes[0];
    result.major = modes[1];
    result.mode_unknown = modes[2];
    result.major_share = ratio(result.major, result.major + result.minor);
    for (std::size_t i = 0; i < signatures.size(); ++i) {
      if (signatures[i] != 0)
        result.time_signatures.push_back({features.signatures()[i], signatures[i]});
    }
    return result;
  });
}

std::vector<FeatureTrend> Stats::audio_trend(const StatsFilter& filter, Unit unit) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto [since, until] = stats::covered(selection);
    const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
    const stats::Features& features = selection.facts().features();
    struct Sum {
      std::int64_t n = 0;
      double total = 0;
      double scaled = 0;  ///< the same sum, made smaller

      [[nodiscard]] double mean() const {
        if (std::isfinite(total)) return total / static_cast<double>(n);
        return std::clamp(scaled / static_cast<double>(n) / kSmaller, -kGreatest, kGreatest);
      }
    };
    std::vector<std::array<Sum, stats::kFeatures.size()>> sums(series.buckets().size());
    if (!sums.empty()) {
      // Plays of a bucket by track first: the sum then runs in order of track id.
      const auto& place_of = selection.facts().order().places;
      std::vector<std::int64_t> plays(features.places(), 0);
      std::vector<std::uint32_t> met;
      std::int64_t current = 0;
      const auto settle = [&] {
        std::ranges::sort(met);
        for (const std::uint32_t place : met) {
          const auto times = std::exchange(plays[place], 0);
          for (std::size_t i = 0; i < stats::kFeatures.size(); ++i) {
            if (!features.has(place, i)) continue;
            Sum& sum_of = sums[static_cast<std::size_t>(current)][i];
            sum_of.n += times;
            const double value = features.values(place)[i];
            sum_of.total += value * static_cast<double>(times);
            sum_of.scaled += value * kSmaller * static_cast<double>(times);
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
                         const std::uint32_t place = place_of[batch.track[row]];
                         if (plays[place]++ == 0) met.push_back(place);
                       });
                     });
      settle();
    }
    std::vector<FeatureTrend> result;
    for (std::size_t i = 0; i < sums.size(); ++i) {
      const auto& bucket = series.buckets()[i];
      for (std::size_t feature = 0; feature < stats::kFeatures.size(); ++feature) {
        const Sum& sum = sums[i][feature];
        FeatureTrend& row = result.emplace_back();
        row.local_start = bucket.local;
        row.start = stats::to_timestamp(bucket.begin);
        row.end = stats::to_timestamp(bucket.end);
        row.feature = stats::kFeatures[feature];
        row.n = sum.n;
        if (sum.n > 0) row.mean = sum.mean();
      }
    }
    return result;
  });
}

}  // namespace playmirror
