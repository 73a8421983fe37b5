#pragma once

#include <playmirror/export.hpp>
#include <playmirror/lazy_records.hpp>
#include <playmirror/period.hpp>
#include <playmirror/stats_filter.hpp>
#include <playmirror/stats_habits.hpp>
#include <playmirror/stats_music.hpp>
#include <playmirror/stats_review.hpp>
#include <playmirror/stats_rhythm.hpp>
#include <playmirror/stats_story.hpp>
#include <playmirror/stats_top.hpp>
#include <playmirror/stats_totals.hpp>

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace playmirror {

class MirrorState;
namespace stats {
struct Moment;
}

/// Listening statistics, computed from the file: no network, no lock that a writer could wait for.
/// Each call answers from one moment of the file. What each number means exactly is in
/// docs/statistics.md. Every call throws InvalidArgument for a filter that means nothing, such as
/// an unknown time zone. Obtained from Mirror::stats(); cheap to copy, safe to share between
/// threads.
class PLAYMIRROR_EXPORT Stats {
 public:
  explicit Stats(std::shared_ptr<MirrorState> state) noexcept;
  Stats(const Stats&) noexcept = default;  // also when moved: none is without its mirror
  Stats& operator=(const Stats&) noexcept = default;

  /// The latest plays of known tracks, newest first, plays without a time before all others (as
  /// the server sorts them), then by id descending; the page that `limit` and `offset` ask for.
  [[nodiscard]] std::vector<RecentPlay> recent_plays(const StatsFilter& filter = {}) const;

  /// Plays, time, different tracks and so on, at once.
  [[nodiscard]] Totals totals(const StatsFilter& filter = {}) const;

  /// Ranked by StatsFilter::by, then by plays or time, then by id byte by byte; the page that
  /// `limit` and `offset` ask for. Plays whose artist, album, genre or context is not known make
  /// one item without a key, behind all others and without a rank; those of unknown tracks make
  /// none.
  [[nodiscard]] std::vector<TopTrack> top_tracks(const StatsFilter& filter = {}) const;

  /// The same of artists; StatsFilter::artist_credit says whose play it is.
  [[nodiscard]] std::vector<TopArtist> top_artists(const StatsFilter& filter = {}) const;

  /// The same of albums.
  [[nodiscard]] std::vector<TopAlbum> top_albums(const StatsFilter& filter = {}) const;

  /// The same of the genres of credited artists; StatsFilter::genre_weight says how they count.
  [[nodiscard]] std::vector<TopGenre> top_genres(const StatsFilter& filter = {}) const;

  /// The same of playlists, albums and other places that plays came from.
  [[nodiscard]] std::vector<TopContext> top_contexts(const StatsFilter& filter = {}) const;

  /// A series without holes over the period, or from the first to the last play where it is open.
  [[nodiscard]] std::vector<ActivityBucket> activity(const StatsFilter& filter = {},
                                                     Unit unit = Unit::day) const;

  /// The 24 hours of the local day.
  [[nodiscard]] std::vector<ClockHour> clock(
      const StatsFilter& filter = {}, Attribution attribution = Attribution::at_timestamp) const;

  /// The 168 hours of the local week, from Monday 0 to Sunday 23.
  [[nodiscard]] std::vector<HeatmapCell> heatmap(
      const StatsFilter& filter = {}, Attribution attribution = Attribution::at_timestamp) const;

  /// Days in a row with `min_plays` plays or more. `as_of` says what day it is for the current one;
  /// by default StatsFilter::now.
  [[nodiscard]] Streaks streaks(const StatsFilter& filter = {}, std::int64_t min_plays = 1,
                                std::optional<Timestamp> as_of = std::nullopt) const;

  /// Plays with no silence longer than `gap` between them, in sum.
  [[nodiscard]] Sessions sessions(const StatsFilter& filter = {},
                                  std::chrono::milliseconds gap = std::chrono::minutes{30}) const;

  /// The same sessions one by one, in order of time.
  [[nodiscard]] std::vector<Session> session_list(
      const StatsFilter& filter = {},
      std::chrono::milliseconds gap = std::chrono::minutes{30}) const;

  /// Skip rates: one, 24 by hour, or ranked by rate with `min_known` known plays or more.
  [[nodiscard]] std::vector<SkipRate> skips(const StatsFilter& filter = {},
                                            SkipGroup group = SkipGroup::none,
                                            std::int64_t min_known = 5) const;

  /// What was played for the first time ever.
  [[nodiscard]] Discovery discovery(const StatsFilter& filter = {}) const;

  /// The same bucket by bucket: new is whose first play ever lies in the bucket. A series as that
  /// of activity().
  [[nodiscard]] std::vector<DiscoveryBucket> discovery_trend(const StatsFilter& filter = {},
                                                             Unit unit = Unit::month) const;

  /// How much of the listening is repetition.
  [[nodiscard]] Repeats repeats(const StatsFilter& filter = {}) const;

  /// How evenly plays are spread over tracks, artists, albums, genres or contexts.
  [[nodiscard]] Diversity diversity(const StatsFilter& filter = {},
                                    Entity entity = Entity::artist) const;

  /// The ranked genres, with the share of plays that have none.
  [[nodiscard]] Genres genres(const StatsFilter& filter = {}) const;

  /// The StatsFilter::limit genres with most plays over the whole day, in each of its quarters.
  [[nodiscard]] std::vector<DaypartGenre> genre_by_daypart(const StatsFilter& filter = {}) const;

  /// Plays by the year or decade in which the album came out.
  [[nodiscard]] Eras eras(const StatsFilter& filter = {}, EraUnit unit = EraUnit::decade) const;

  /// How the music sounds: mean, spread and percentiles of each audio feature.
  [[nodiscard]] AudioProfile audio_profile(const StatsFilter& filter = {}) const;

  /// The mean of each audio feature, bucket by bucket.
  [[nodiscard]] std::vector<FeatureTrend> audio_trend(const StatsFilter& filter = {},
                                                      Unit unit = Unit::month) const;

  /// Totals and ranks beside those of `base`; without one, of the period before the filter's.
  [[nodiscard]] Comparison compare(const StatsFilter& filter = {},
                                   const std::optional<StatsFilter>& base = std::nullopt) const;

  /// How many of the plays have which gap or oddity.
  [[nodiscard]] DataQuality data_quality(const StatsFilter& filter = {}) const;

  /// The artists that took `share` or more of a week with `min_plays` plays or more.
  [[nodiscard]] std::vector<Obsession> obsessions(const StatsFilter& filter = {},
                                                  double share = 0.3,
                                                  std::int64_t min_plays = 10) const;

  /// Artists with `min_plays` plays or more by the median time between two, the shortest first.
  [[nodiscard]] std::vector<Loyalty> loyalty(const StatsFilter& filter = {},
                                             std::int64_t min_plays = 5) const;

  /// First plays of tracks after more than `gap_days` days without, in order of time.
  [[nodiscard]] std::vector<Comeback> comebacks(const StatsFilter& filter = {},
                                                std::int64_t gap_days = 90) const;

  /// The same, without the texts until one of them is looked at: of ten years of listening there
  /// may be a million. Keeps the names of all tracks in memory for as long as it lives.
  [[nodiscard]] LazyRecords<Comeback> lazy_comebacks(const StatsFilter& filter = {},
                                                     std::int64_t gap_days = 90) const;

  /// Every so many plays, counted from the first one selected.
  [[nodiscard]] std::vector<Milestone> milestones(const StatsFilter& filter = {},
                                                  std::int64_t every = 1000) const;

  /// Plays of known tracks on the local month and day of StatsFilter::now, newest first.
  [[nodiscard]] std::vector<RecentPlay> on_this_day(const StatsFilter& filter = {}) const;

  /// Tracks played once, the latest first.
  [[nodiscard]] std::vector<TopTrack> one_time(const StatsFilter& filter = {}) const;

  /// Plays by valence and energy of their track.
  [[nodiscard]] Moods moods(const StatsFilter& filter = {}) const;

  /// How much of its track a play lasted.
  [[nodiscard]] Completion completion(const StatsFilter& filter = {}) const;

  /// The tracks, artists or genres that lead over the whole period, bucket by bucket.
  [[nodiscard]] std::vector<EvolutionPoint> evolution(const StatsFilter& filter = {},
                                                      Entity entity = Entity::artist,
                                                      Unit unit = Unit::month) const;

  /// One track or artist: its plays, its place among all others, its best times.
  [[nodiscard]] EntityProfile entity_profile(const StatsFilter& filter, const std::string& id,
                                             Entity entity = Entity::artist) const;

  /// A calendar year at once. `filter.period` is not looked at.
  [[nodiscard]] YearInReview year_in_review(const StatsFilter& filter, std::int64_t year) const;

  /// How many artists carry each genre, most frequent first, then by genre byte by byte. Counted
  /// from the lists in artists.genres; no plays are involved. A value that is not a JSON list,
  /// which makes the server's query fail, counts nothing here.
  [[nodiscard]] std::vector<GenreCount> genre_artist_counts() const;

  /// Everything that a snapshot keeps, as JSON of the form `playmirror.metrics/1`, which
  /// docs/statistics.md describes. The same plays, filter and `now` give the same bytes.
  [[nodiscard]] std::string metrics_payload(const StatsFilter& filter = {}) const;

 private:
  /// recent_plays() of all plays, by the index of their rows.
  [[nodiscard]] std::vector<RecentPlay> latest_rows(const StatsFilter& filter) const;

  /// What answer(here) gives, where all calls on `here` answer from one moment.
  template <typename Answer>
  auto at_one_moment(const Answer& answer) const;

  /// What answer(selection) gives, of the plays that the filter selects.
  template <typename Answer>
  auto of_selection(const StatsFilter& filter, const Answer& answer) const;

  std::shared_ptr<MirrorState> state_;
  std::shared_ptr<stats::Moment> pinned_;  ///< the one to answer from; else the present one
};

}  // namespace playmirror
