#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/block_reader.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/file_moment.hpp"
#include "core/columns/most_played.hpp"
#include "core/columns/snapshot.hpp"
#include "core/columns/sparse.hpp"
#include "core/columns/track_sums.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace playmirror::columns {

/// Sums by track code, or by bin, over the plays of any period: differences of running totals,
/// which are made when they pay, and two scans of the few blocks between the ends of the period and
/// the nearest totals.
class PeriodSums {
 public:
  PeriodSums(const FileMoment& file, ColumnCache& cache, const Snapshot& snapshot)
      : file_(file), cache_(cache), snapshot_(snapshot), blocks_(file, cache, snapshot) {}

  /// Plays.
  using Counts = std::shared_ptr<const std::vector<std::uint32_t>>;
  [[nodiscard]] Counts counts(const TimeRange& range) const;

  /// Those of the tracks with the `n` most, and of all with as many as the last of them, in no
  /// order; of none without.
  [[nodiscard]] std::vector<TrackPlays> most_played(const TimeRange& range, std::size_t n) const;

  /// All that TrackSums has, of the tracks that have plays, in no order.
  [[nodiscard]] std::vector<Sparse<TrackSums>::Item> sums(const TimeRange& range) const;

  /// Whether there are running totals of these bins, or a walk over so many plays more makes them
  /// pay: then they are made.
  [[nodiscard]] bool has_binned(std::uint64_t plays, std::shared_ptr<const Bins> bins) const;

  /// The sums of bins.
  [[nodiscard]] std::vector<std::uint64_t> binned(const TimeRange& range,
                                                  std::shared_ptr<const Bins> bins) const;

 private:
  struct Counting;
  struct Summing;
  struct Binning;

  /// Two borders of running totals; the plays from the lower to the upper one are the difference.
  template <typename Kind>
  struct Between {
    std::shared_ptr<const typename Kind::Totals> totals = nullptr;
    std::size_t upper = 0;
    std::size_t lower = 0;

    void add_to(const Kind& kind, typename Kind::Sums& sums) const {
      if (upper != lower) kind.add_difference(totals->before(upper), totals->before(lower), sums);
    }
  };

  template <typename Kind>
  [[nodiscard]] typename Kind::Sums sum(const Kind& kind, const TimeRange& range) const;

  /// Where all plays are in blocks and all of these count, the sums of all are the totals.
  [[nodiscard]] bool are_totals(const TimeRange& range) const;

  /// Of all blocks, removed plays included: these are kept in the file.
  [[nodiscard]] Counts totals() const;

  /// Adds the plays that are in no block.
  template <typename Kind>
  void add_outside(const Kind& kind, const TimeRange& range, typename Kind::Sums& sums) const;

  /// Adds the plays of the blocks but those between two borders, and says which these are.
  template <typename Kind>
  [[nodiscard]] Between<Kind> add_ends(const Kind& kind, const TimeRange& range,
                                       typename Kind::Sums& sums) const;

  /// As add_ends(), removed plays included.
  template <typename Kind>
  [[nodiscard]] Between<Kind> add_ends_of_blocks(const Kind& kind, const TimeRange& range,
                                                 std::size_t first, std::size_t last,
                                                 typename Kind::Sums& sums) const;

  /// Whether there are running totals, be they of an earlier moment, or it pays to make them.
  template <typename Kind>
  [[nodiscard]] bool has_or_earned(const Kind& kind, std::uint64_t plays, std::uint64_t all) const;

  /// Adds the plays from one row to another, removed ones included, or takes them away; the other
  /// way round where `to` is before `from`.
  template <typename Kind, typename Border>
  void add_between(const Kind& kind, const Border& from, const Border& to, bool plus,
                   typename Kind::Sums& sums) const;

  /// Adds rows of one block, or takes them away.
  template <typename Kind, typename Sums>
  void add_rows(const Kind& kind, std::size_t block, std::size_t begin, std::size_t end, bool plus,
                Sums& sums) const;

  template <typename Kind>
  void take_removed(const Kind& kind, std::size_t block, const TimeRange& range,
                    typename Kind::Sums& sums) const;

  template <typename Kind>
  [[nodiscard]] std::shared_ptr<const typename Kind::Totals> running_totals(const Kind& kind) const;

  const FileMoment& file_;
  ColumnCache& cache_;
  const Snapshot& snapshot_;
  BlockReader blocks_;
};

}  // namespace playmirror::columns
