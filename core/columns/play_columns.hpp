#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/dictionary.hpp"
#include "core/columns/most_played.hpp"
#include "core/columns/play_batch.hpp"
#include "core/columns/sparse.hpp"
#include "core/columns/track_sums.hpp"
#include "core/mirror/commit_watch.hpp"
#include "core/mirror/state.hpp"
#include "core/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// When a moment of the file is held by a read transaction.
enum class Hold {
  at_once,
  when_needed,  ///< not before something is read that is not in memory, which may be too late
};

/// All plays of one moment of the mirror file, as columns: what statistics read.
///
/// Everything it gives, and every statement run on database(), is of the same moment, whatever is
/// written meanwhile. For one thread at a time; make one per call. Every member may throw Error,
/// and MomentPassed (file_moment.hpp) if it is held when needed.
///
///     const auto plays = PlayColumns::read(state);
///     plays.scan({.since = begin, .until = end}, Column::track | Column::listened_ms,
///                [&](const Batch& batch) {
///                  for (std::size_t i = 0; i < batch.size; ++i) ms[batch.track[i]] += ...;
///                  return true;
///                });
class PlayColumns {
 public:
  [[nodiscard]] static PlayColumns read(MirrorState& state, Hold hold = Hold::at_once);

  /// The same, read from the file again, whatever was read before: for checking it.
  [[nodiscard]] static PlayColumns read_anew(MirrorState& state);

  PlayColumns(PlayColumns&&) noexcept;
  PlayColumns& operator=(PlayColumns&&) noexcept;
  ~PlayColumns();

  /// The connection, inside the read transaction. Statements made on it must be gone before this
  /// object is.
  [[nodiscard]] sqlite::Database& database() const;

  /// Whether the rows stand in for columns that are not built or are damaged. Codes are this
  /// object's own then.
  [[nodiscard]] bool from_rows() const noexcept;

  /// A number that rises whenever a play changes, in any process. Says nothing where from_rows().
  [[nodiscard]] std::int64_t version() const noexcept;

  /// The same of contexts and sources.
  [[nodiscard]] std::int64_t text_version() const noexcept;

  /// Equal ones of one file: the rows of tracks, artists and credits are the same, whole, and so
  /// are their codes.
  struct CatalogueVersion {
    std::int64_t rows = 0;
    std::int64_t schema = 0;  ///< SQLite's: a column that goes or comes is no change of a row
    std::size_t track_codes = 0;
    friend bool operator==(const CatalogueVersion&, const CatalogueVersion&) = default;
  };
  /// Says nothing where from_rows().
  [[nodiscard]] CatalogueVersion catalogue_version() const;

  /// Where the file stood, if nobody committed while the moment began.
  [[nodiscard]] const std::optional<CommitWatch::Mark>& mark() const noexcept;

  /// Read on first use, then shared with later calls for as long as nothing in them changes. Valid
  /// as long as this object.
  [[nodiscard]] const TrackDictionary& tracks() const;
  /// The same, for as long as one likes.
  [[nodiscard]] std::shared_ptr<const TrackDictionary> shared_tracks() const;
  [[nodiscard]] const ArtistDictionary& artists() const;
  [[nodiscard]] const TextDictionary& sources() const;
  [[nodiscard]] const TextDictionary& contexts() const;

  /// One more than the largest code in the column `track`: tracks().size(), without reading the
  /// dictionary.
  [[nodiscard]] std::size_t track_codes() const;

  /// One entry of tracks(), without reading the others. Valid as long as this object.
  [[nodiscard]] TrackEntry track(std::uint32_t code) const;

  /// Number of plays in the period. Costs the search for its two ends.
  [[nodiscard]] std::uint64_t count(const Period& period) const;

  /// The first and the last time at which the period has plays, those counted in that were deleted
  /// and still stand in a block. Nothing without any.
  [[nodiscard]] std::optional<std::pair<std::int64_t, std::int64_t>> bounds(
      const Period& period) const;

  /// Plays per track code, kNone included, in an array of track_codes(): differences of running
  /// totals kept at the ends of blocks, and two scans of a part of a block.
  [[nodiscard]] std::shared_ptr<const std::vector<std::uint32_t>> track_counts(
      const Period& period) const;

  /// The same of the tracks with the `n` most, and of all with as many as the last of them, in no
  /// order; of none without plays.
  [[nodiscard]] std::vector<TrackPlays> most_played(const Period& period, std::size_t n) const;

  /// The same of all that TrackSums has, of the tracks that have plays, in no order.
  [[nodiscard]] std::vector<Sparse<TrackSums>::Item> track_sums(const Period& period) const;

  /// Whether binned() has running totals to subtract, which are made if they pay now. Who can ask
  /// for something else until then need not have it walk the plays of the period.
  [[nodiscard]] bool has_binned(const Period& period, std::shared_ptr<const Bins> bins) const;

  /// What the plays of the period come to in each bin, likewise. Of each class of bins, running
  /// totals are kept of those that were asked for last.
  [[nodiscard]] std::vector<std::uint64_t> binned(const Period& period,
                                                  std::shared_ptr<const Bins> bins) const;

  /// Gives the plays of the period in order of (played_at, id), the columns asked for and no
  /// others, in batches of any size above 0, until the visitor returns false.
  using Visitor = std::function<bool(const Batch& batch)>;
  void scan(const Period& period, Column columns, const Visitor& visit) const;

  /// The same batches from the last to the first. Inside a batch the order is still rising.
  void scan_back(const Period& period, Column columns, const Visitor& visit) const;

  /// The ids of plays that a scan came by, in the order in which it did. Who wants few of them asks
  /// here, not for the column, which would push others out of memory.
  [[nodiscard]] std::vector<std::int64_t> ids(std::span<const Place> places) const;

 private:
  struct Moment;
  explicit PlayColumns(std::unique_ptr<Moment> moment) noexcept;
  std::unique_ptr<Moment> moment_;
};

}  // namespace playmirror::columns
