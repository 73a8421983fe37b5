/// Stats::discovery, discovery_trend: what is played for the first time ever.

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

using Counts = std::vector<std::int64_t>;

/// The first play of all at a finite instant; kNoTime when there is none.
std::int64_t history_start(const Selection& selection) {
  std::int64_t start = columns::kNoTime;
  selection.scan(columns::Period::finite(), stats::Column::played_at, [&](const Rows& rows) {
    rows.each([&](std::size_t row) {
      if (start == columns::kNoTime) start = rows.batch().played_at[row];
    });
    return start == columns::kNoTime;
  });
  return start;
}

/// Whether so much seems new at `since` because the history begins only then or shortly before.
bool is_censored(std::int64_t since, std::int64_t start) {
  constexpr std::int64_t kWarmUp = 90 * calendar::kMicrosPerDay;
  return start != columns::kNoTime && since < start + kWarmUp;
}

/// How many groups were played in the period, and how many of them for the first time.
struct FirstPlays {
  std::int64_t distinct = 0;
  std::int64_t fresh = 0;
};

/// `before` and `within` say how often each track was played.
FirstPlays first_plays(const Groups& groups, const Counts& within, const Counts& before) {
  std::vector<char> played(groups.count, 0);
  std::vector<char> older(groups.count, 0);
  for (std::uint32_t track = 0; track < within.size(); ++track) {
    for (const std::uint32_t group : groups.of(track)) {
      if (within[track] > 0) played[group] = 1;
      if (before[track] != 0) older[group] = 1;
    }
  }
  FirstPlays result;
  for (std::size_t group = 1; group < groups.count; ++group) {
    result.distinct += played[group];
    result.fresh += played[group] != 0 && older[group] == 0 ? 1 : 0;
  }
  return result;
}

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
  const Selection selection(moment(), filter);
  stats::Facts& facts = selection.facts();
  Discovery result;
  const Counts within = selection.track_counts();
  Counts before(facts.tracks(), 0);
  if (selection.period().since) {
    before = selection.track_counts({std::nullopt, selection.period().since});
  }
  const Groups tracks = stats::track_groups(selection);
  const auto by_track = first_plays(tracks, within, before);
  const auto by_artist = first_plays(facts.artists(filter.artist_credit), within, before);
  const auto by_album = first_plays(facts.albums(), within, before);
  result.tracks = by_track.distinct;
  result.artists = by_artist.distinct;
  result.albums = by_album.distinct;
  result.new_tracks = by_track.fresh;
  result.new_artists = by_artist.fresh;
  result.new_albums = by_album.fresh;
  std::vector<char> older(tracks.count, 0);
  for (std::uint32_t track = 0; track < before.size(); ++track) {
    if (before[track] != 0) older[tracks.of(track)[0]] = 1;
  }
  for (std::uint32_t track = 0; track < within.size(); ++track) {
    result.plays += within[track];
    const std::uint32_t group = tracks.of(track)[0];
    if (group != 0 && older[group] == 0) result.new_plays += within[track];
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
}

std::vector<DiscoveryBucket> Stats::discovery_trend(const StatsFilter& filter, Unit unit) const {
  const Selection selection(moment(), filter);
  const auto [since, until] = stats::covered(selection);
  const stats::Series series(selection.zone(), unit, filter.week_start, since, until);
  std::vector<DiscoveryBucket> buckets;
  if (series.buckets().empty()) return buckets;
  const std::int64_t start = history_start(selection);
  for (const auto& bucket : series.buckets()) {
    buckets.push_back({.local_start = bucket.local,
                       .start = stats::to_timestamp(bucket.begin),
                       .end = stats::to_timestamp(bucket.end),
                       .censored = is_censored(bucket.begin, start)});
  }

  const Groups tracks = stats::track_groups(selection);
  const Groups& artists = selection.facts().artists(filter.artist_credit);
  const Groups& albums = selection.facts().albums();
  FirstBuckets of_tracks(tracks.count);
  FirstBuckets of_artists(artists.count);
  FirstBuckets of_albums(albums.count);
  const Counts before = selection.track_counts({std::nullopt, since});
  for (std::uint32_t track = 0; track < before.size(); ++track) {
    if (before[track] == 0) continue;
    for (const std::uint32_t group : tracks.of(track)) of_tracks.add_earlier(group);
    for (const std::uint32_t group : artists.of(track)) of_artists.add_earlier(group);
    for (const std::uint32_t group : albums.of(track)) of_albums.add_earlier(group);
  }

  // Of the plays of one track in one bucket, the first tells all there is to say of its artists.
  std::vector<MetUnits> met(before.size());
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
}

}  // namespace playmirror
