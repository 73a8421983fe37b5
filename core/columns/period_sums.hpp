#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/block_reader.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/file_moment.hpp"
#include "core/columns/snapshot.hpp"
#include "core/columns/sparse.hpp"
#include "core/columns/track_sums.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <vector>

namespace playmirror::columns {

/// Sums by track code, or by bin, over the plays of any period: differences of running totals,
/// which are made on first use, and two scans of the few blocks between the ends of the period and
/// the nearest totals.
class PeriodSums {
 public:
  PeriodSums(const FileMoment& file, ColumnCache& cache, const Snapshot& snapshot)
      : file_(file), cache_(cache), snapshot_(snapshot), blocks_(file, cache, snapshot) {}

  /// Plays.
  using Counts = std::shared_ptr<const std::vector<std::uint32_t>>;
  [[nodiscard]] Counts counts(const TimeRange& range) const;

  /// All that TrackSums has, of the tracks that have plays, in no order.
  [[nodiscard]] std::vector<Sparse<TrackSums>::Item> sums(const TimeRange& range) const;

  /// Plays in each bin.
  [[nodiscard]] std::vector<std::uint32_t> binned(const TimeRange& range,
                                                  std::shared_ptr<const Bins> bins) const;

 private:
  struct Counting;
  struct Summing;
  struct Binning;

  template <typename Kind>
  [[nodiscard]] typename Kind::Sums sum(const Kind& kind, const TimeRange& range) const;

  /// Of all blocks, removed plays included: these are kept in the file.
  [[nodiscard]] Counts totals() const;

  /// Adds the plays of the sealed blocks, removed ones included.
  template <typename Kind>
  void add_blocks(const Kind& kind, const TimeRange& range, std::size_t first, std::size_t last,
                  typename Kind::Sums& sums) const;

  /// The block before which totals are kept from where the fewest plays are to be walked to `row`
  /// of `block`.
  template <typename Totals>
  [[nodiscard]] std::size_t border(const Totals& totals, std::size_t block, std::size_t row) const;

  /// Adds the plays from that border to `row` of `block`, removed ones included, or takes them
  /// away; the other way round where the border is behind.
  template <typename Kind>
  void add_from_border(const Kind& kind, std::size_t border, std::size_t block, std::size_t row,
                       bool plus, typename Kind::Sums& sums) const;

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
