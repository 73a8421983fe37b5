/// Stats::discovery, discovery_trend: what is played for the first time ever.

#include "core/stats/answer.hpp"
#include "core/stats/distinct.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/ratio.hpp"

#include <playmirror/stats.hpp>

#include <algorithm>
#include <cstddef>
#include <limits>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::MetUnits;
using stats::ratio;
using stats::Rows;
using stats::Selection;

using Counts = std::vector<stats::TrackCount>;

/// The first play of all at a finite instant; kNoTime when there is none.
std::int64_t history_start(const Selection& selection) {
  std::int64_t start = columns::kNoTime;
  selection.scan(columns::Period::finite(), stats::Column::played_at, [&](const Rows& rows) {
    if (rows.size() == 0) return true;
    start = rows.batch().played_at[rows[0]];
    return false;
  });
  return start;
}

/// Whether so much seems new at `since` because the history begins only then or shortly before.
bool is_censored(std::int64_t since, std::int64_t start) {
  constexpr std::int64_t kWarmUp = 90 * calendar::kMicrosPerDay;
  return start != columns::kNoTime && since < start + kWarmUp;
}

/// Which groups were played in the period, and which of them for the first time.
class FirstPlays {
 public:
  /// `before` and `within` say how often each track was played.
  FirstPlays(const Groups& groups, const Counts& within, const Counts& before)
      : groups_(groups.count, 0) {
    for (const auto& [track, plays] : before) {
      for (const std::uint32_t group : groups.of(track)) groups_[group] |= kBefore;
    }
    for (const auto& [track, plays] : within) {
      for (const std::uint32_t group : groups.of(track)) groups_[group] |= kWithin;
    }
    groups_[0] = 0;  // not known
  }

  [[nodiscard]] std::int64_t played() const {
    return std::ranges::count_if(groups_, [](std::uint8_t each) { return (each & kWithin) != 0; });
  }
  [[nodiscard]] std::int64_t fresh() const { return std::ranges::count(groups_, kWithin); }
  [[nodiscard]] bool is_fresh(std::uint32_t group) const { return groups_[group] == kWithin; }

 private:
  static constexpr std::uint8_t kBefore = 1;
  static constexpr std::uint8_t kWithin = 2;

  std::vector<std::uint8_t> groups_;
};

/// In which bucket of a series each group was played first, and which groups each bucket has.
class FirstBuckets {
 public:
  explicit FirstBuckets(std::size_t groups) : groups_(groups) {}

  /// A play from before the series.
  void add_earlier(std::uint32_t group) { groups_[group].first = kEarlier; }

  /// A play; adds the group to the bucket's numbers when it is the first there. Whether the group
  /// is new in the bucket.
  bool add(std::uint32_t group, std::int64_t bucket, std::int64_t& distinct, std::int64_t& fresh) {
    Group& each = groups_[group];
    if (each.first == kNever) each.first = static_cast<std::int32_t>(bucket);
    const bool is_new = each.first == bucket;
    if (each.met.first(bucket)) {
      ++distinct;
      fresh += is_new ? 1 : 0;
    }
    return is_new;
  }

 private:
  static constexpr std::int32_t kNever = std::numeric_limits<std::int32_t>::max();
  static constexpr std::int32_t kEarlier = -1;

  struct Group {
    MetUnits met = {};
    std::int32_t first = kNever;
  };
  std::vector<Group> groups_;
};

}  // namespace

Discovery Stats::discovery(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    stats::Facts& facts = selection.facts();
    Discovery result;
    const Counts within = selection.track_counts();
    Counts before;
    if (selection.period().since) {
      before = selection.track_counts({std::nullopt, selection.period().since});
    }
    const Groups& tracks = facts.track_groups(filter.track_identity);
    const FirstPlays of_tracks(tracks, within, before);
    const FirstPlays of_artists(facts.artists(filter.artist_credit), within, before);
    const FirstPlays of_albums(facts.albums(), within, before);
    result.tracks = of_tracks.played();
    result.artists = of_artists.played();
    result.albums = of_albums.played();
    result.new_tracks = of_tracks.fresh();
    result.new_artists = of_artists.fresh();
    result.new_albums = of_albums.fresh();
    for (const auto& [track, plays] : within) {
      result.plays += plays;
      if (of_tracks.is_fresh(tracks.single()[track])) result.new_plays += plays;
    }
    result.track_rate = ratio(result.new_tracks, result.tracks);
    result.artist_rate = ratio(result.new_artists, result.artists);
    result.album_rate = ratio(result.new_albums, result.albums);
    result.new_play_share = ratio(result.new_plays, result.plays);
    if (const std::int64_t start = history_start(selection); start != columns::kNoTime) {
      result.history_start = stats::to_timestamp(start);
      result.censored = is_censored(selection.period().since.value_or(start), start);
    }
    return result;
  });
}

std::vector<DiscoveryBucket> Stats::discovery_trend(const StatsFilter& filter, Unit unit) const {
  return of_selection(filter, [&](const Selection& selection) {
    const auto [since, until] = stats::covered(selection);
    const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
    std::vector<DiscoveryBucket> buckets;
    if (series.buckets().empty()) return buckets;
    const std::int64_t start = history_start(selection);
    buckets.reserve(series.buckets().size());
    for (const auto& bucket : series.buckets()) {
      buckets.push_back({.local_start = bucket.local,
                         .start = stats::to_timestamp(bucket.begin),
                         .end = stats::to_timestamp(bucket.end),
                         .censored = is_censored(bucket.begin, start)});
    }

    const Groups& tracks = stats::groups_of(selection, Entity::track);
    const Groups& artists = selection.facts().artists(filter.artist_credit);
    const Groups& albums = selection.facts().albums();
    FirstBuckets of_tracks(tracks.count);
    FirstBuckets of_artists(artists.count);
    FirstBuckets of_albums(albums.count);
    for (const auto& [track, plays] : selection.track_counts({std::nullopt, since})) {
      for (const std::uint32_t group : tracks.of(track)) of_tracks.add_earlier(group);
      for (const std::uint32_t group : artists.of(track)) of_artists.add_earlier(group);
      for (const std::uint32_t group : albums.of(track)) of_albums.add_earlier(group);
    }

    // Of the plays of one track in one bucket, the first tells all there is to say of its artists.
    std::vector<MetUnits> met(selection.facts().tracks());
    stats::PieceWalker walker(series.pieces());
    selection.scan(
        {since, until}, stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
          const Batch& batch = rows.batch();
          rows.each([&](std::size_t row) {
            const std::int64_t number = walker.at(batch.played_at[row]);
            DiscoveryBucket& bucket = buckets[static_cast<std::size_t>(number)];
            const std::uint32_t track = batch.track[row];
            ++bucket.plays;
            if (const std::uint32_t group = tracks.of(track)[0]; group != 0) {
              const bool is_new = of_tracks.add(group, number, bucket.tracks, bucket.new_tracks);
              bucket.new_plays += is_new ? 1 : 0;
            }
            if (!met[track].first(number)) return;
            for (const std::uint32_t artist : artists.of(track)) {
              if (artist != 0) of_artists.add(artist, number, bucket.artists, bucket.new_artists);
            }
            if (const std::uint32_t album = albums.of(track)[0]; album != 0) {
              of_albums.add(album, number, bucket.albums, bucket.new_albums);
            }
          });
        });
    return buckets;
  });
}

}  // namespace playmirror
