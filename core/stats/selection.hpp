/// \file
/// The plays that a StatsFilter asks for: every statistic reads them here.
#pragma once

#include "core/columns/play_columns.hpp"
#include "core/columns/sparse.hpp"
#include "core/mirror/state.hpp"
#include "core/stats/facts.hpp"
#include "core/stats/tally.hpp"
#include "core/time/zone.hpp"

#include <playmirror/period.hpp>
#include <playmirror/stats_filter.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <type_traits>
#include <unordered_set>
#include <utility>
#include <vector>

namespace playmirror::stats {

using columns::Batch;
using columns::Column;

/// listened_ms of a row of the batch; -1 where it is NULL or negative, which counts as unknown.
[[nodiscard]] inline std::int64_t listened_ms(const Batch& batch, std::size_t row) noexcept {
  const std::int32_t value = batch.listened_ms[row];
  if (value != columns::kWideListenedMs) return value < 0 ? -1 : value;
  const std::int64_t wide = batch.listened(row).value_or(-1);
  return wide < 0 ? -1 : wide;
}

/// Throws InvalidArgument for a filter that means nothing: an unknown zone, a negative limit.
void check(const StatsFilter& filter);

/// A track code and how many of the selected plays it has.
struct TrackCount {
  std::uint32_t track;
  std::uint32_t plays;
};

/// What the selected plays of one track come to.
struct TrackTally {
  Tally tally = {};
  std::int64_t skips = 0;
};

/// The selected rows of a batch.
class Rows {
 public:
  explicit Rows(const Batch& batch) : batch_(batch), all_(true) {}
  Rows(const Batch& batch, std::span<const std::uint32_t> rows) : batch_(batch), rows_(rows) {}

  [[nodiscard]] const Batch& batch() const noexcept { return batch_; }
  [[nodiscard]] std::size_t size() const noexcept { return all_ ? batch_.size : rows_.size(); }

  /// The row of the i-th of them, in order of (played_at, id).
  [[nodiscard]] std::size_t operator[](std::size_t i) const noexcept {
    return all_ ? i : std::size_t{rows_[i]};
  }

  /// Calls visit(row) for each, in order of (played_at, id).
  template <typename Visit>
  void each(Visit&& visit) const {
    if (all_) {
      for (std::size_t row = 0; row < batch_.size; ++row) visit(row);
    } else {
      for (const std::uint32_t row : rows_) visit(std::size_t{row});
    }
  }

  /// The same from the last to the first.
  template <typename Visit>
  void each_back(Visit&& visit) const {
    for (std::size_t i = size(); i-- > 0;) visit((*this)[i]);
  }

 private:
  const Batch& batch_;
  std::span<const std::uint32_t> rows_ = {};
  bool all_ = false;
};

/// One moment of the mirror. For one thread at a time.
struct Moment {
  Moment(MirrorState& state, columns::Hold hold);

  columns::PlayColumns plays;
  Facts facts;
};

/// One moment of the mirror and a filter, made ready: codes instead of texts, tables instead of
/// conditions. For one thread and one statistic.
class Selection {
 public:
  /// Throws InvalidArgument as check() does, and for a list of exclusions that is not kept.
  Selection(std::shared_ptr<Moment> moment, const StatsFilter& filter);

  /// With the lists of exclusions that it names spelt out.
  [[nodiscard]] const StatsFilter& filter() const noexcept { return filter_; }
  [[nodiscard]] const columns::PlayColumns& plays() const noexcept { return moment_->plays; }
  [[nodiscard]] Facts& facts() const noexcept { return moment_->facts; }
  [[nodiscard]] const Zone& zone() const noexcept { return *zone_; }
  [[nodiscard]] Timestamp now() const noexcept { return now_; }

  /// The filter's period, resolved.
  [[nodiscard]] const Span& span() const noexcept { return span_; }
  [[nodiscard]] const columns::Period& period() const noexcept { return period_; }

  /// Whether every play of the period is selected.
  [[nodiscard]] bool takes_all() const noexcept { return takes_all_; }

  /// Calls visit(Rows) for the selected plays of the filter's period, in order of (played_at, id),
  /// with those columns.
  template <typename Visit>
  void scan(Column wanted, Visit&& visit) const {
    scan(period_, wanted, visit);
  }

  /// The same for another period. A visitor that returns a bool ends the scan by false.
  template <typename Visit>
  void scan(const columns::Period& period, Column wanted, Visit&& visit) const {
    const auto give = [&](const Rows& rows) {
      if constexpr (std::is_void_v<decltype(visit(rows))>) {
        visit(rows);
        return true;
      } else {
        return visit(rows);
      }
    };
    moment_->plays.scan(period, wanted | needed_, [&](const Batch& batch) {
      return takes_all_ ? give(Rows(batch)) : give(Rows(batch, select(batch)));
    });
  }

  /// The selected plays of the filter's period from the last to the first: Rows::each_back goes on
  /// where the visitor left off. The visitor ends the scan by false.
  template <typename Visit>
  void scan_back(Column wanted, Visit&& visit) const {
    moment_->plays.scan_back(period_, wanted | needed_, [&](const Batch& batch) {
      return takes_all_ ? visit(Rows(batch)) : visit(Rows(batch, select(batch)));
    });
  }

  /// How many of the selected plays each track code has, from running totals where nothing but the
  /// period selects. Room for facts().tracks().
  [[nodiscard]] std::shared_ptr<const std::vector<std::uint32_t>> plays_by_track(
      const columns::Period& period) const;

  /// The same of those tracks that have any, in order of code.
  [[nodiscard]] std::vector<TrackCount> track_counts() const { return track_counts(period_); }
  [[nodiscard]] std::vector<TrackCount> track_counts(const columns::Period& period) const;

  /// What those of each track that has any come to, likewise, but in no order.
  using TrackTallies = columns::Sparse<TrackTally>;
  [[nodiscard]] std::vector<TrackTallies::Item> track_tallies() const {
    return track_tallies(Column::none, [](const Rows&) {});
  }

  /// The same, and scan(wanted, visit) along with it.
  template <typename Visit>
  [[nodiscard]] std::vector<TrackTallies::Item> track_tallies(Column wanted, Visit&& visit) const {
    if (takes_all_) {
      if (auto tallies = running_tallies()) {
        if (wanted != Column::none) scan(wanted, visit);
        return *std::move(tallies);
      }
    }
    TrackTallies tallies(facts().tracks());
    scan(wanted | Column::track | Column::listened_ms | Column::skipped, [&](const Rows& rows) {
      add_rows(rows, tallies);
      visit(rows);
    });
    return std::move(tallies).take_items();
  }

  /// The code that stands for each track code, by the filter's track_identity.
  [[nodiscard]] const std::vector<std::uint32_t>& identity() const {
    return facts().identity(filter_.track_identity);
  }

  /// The duration that a play of each track without listened_ms is estimated at; -1 for none.
  [[nodiscard]] const std::vector<std::int64_t>& estimates() const;

 private:
  void prepare();
  void add_exclusions();
  void prepare_tracks();
  void prepare_texts();
  void prepare_dedupe();
  void allow_tracks(const std::vector<bool>& allowed);
  [[nodiscard]] std::span<const std::uint32_t> select(const Batch& batch) const;
  [[nodiscard]] std::optional<std::vector<TrackTallies::Item>> running_tallies() const;
  void add_rows(const Rows& rows, TrackTallies& tallies) const;
  [[nodiscard]] bool listened_enough(const Batch& batch, std::size_t row) const;

  StatsFilter filter_;
  std::shared_ptr<Moment> moment_;
  std::shared_ptr<const Zone> zone_;
  Timestamp now_ = {};
  Span span_ = {};
  columns::Period period_ = {};

  bool takes_all_ = true;
  Column needed_ = Column::none;
  std::vector<char> tracks_;    ///< by code, whether they pass; empty: all do
  std::vector<char> sources_;   ///< likewise
  std::vector<char> contexts_;  ///< likewise
  bool asks_listened_ = false;
  std::shared_ptr<const std::unordered_set<std::int64_t>> doubles_;  ///< that Dedupe::near drops
  mutable std::vector<std::uint32_t> rows_;
  mutable std::vector<std::int64_t> no_estimates_;
  const std::vector<std::int64_t>* durations_ = nullptr;  ///< where listened_enough() asks for them
};

/// The span that a series without holes covers: the period, open sides cut at the plays. Empty when
/// there is nothing to cut at.
[[nodiscard]] std::pair<std::int64_t, std::int64_t> covered(const Selection& selection);

}  // namespace playmirror::stats
