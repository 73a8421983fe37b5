#include "core/columns/period_sums.hpp"

#include "core/columns/running_totals.hpp"

#include <algorithm>
#include <cstddef>
#include <memory>
#include <span>
#include <type_traits>
#include <utility>

namespace playmirror::columns {
namespace {

/// A period of so few plays is summed up play by play, not from running totals.
constexpr std::uint64_t kFewPlays = 32'768;

template <typename Kind, bool plus>
void add_batch(const Batch& batch, std::vector<typename Kind::Sum>& sums) {
  for (std::size_t row = 0; row < batch.size; ++row) {
    if constexpr (plus) {
      sums[batch.track[row]] += Kind::of(batch, row);
    } else {
      sums[batch.track[row]] -= Kind::of(batch, row);
    }
  }
}

}  // namespace

/// What is summed up: here, how many plays there are.
struct PeriodSums::Counting {
  using Sum = std::uint32_t;
  static constexpr Column kColumns = Column::track;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  static Sum of(const Batch&, std::size_t) noexcept { return 1; }
  static auto& totals(ColumnCache& cache) { return cache.running_counts; }
};

struct PeriodSums::Summing {
  using Sum = TrackSums;
  static constexpr Column kColumns = Column::track | Column::listened_ms | Column::skipped;
  static constexpr std::size_t kMostBytes = std::size_t{48} << 20;

  static Sum of(const Batch& batch, std::size_t row) noexcept {
    const std::int32_t listened = batch.listened_ms[row];
    const std::uint32_t known = listened >= 0 ? 1 : 0;
    return {.measured_ms = static_cast<std::uint64_t>(std::max(listened, 0)),
            .plays = 1,
            .measured = known,
            .skips = batch.skipped[row] == kSkipped ? 1U : 0U,
            .wide = listened == kWideListenedMs ? 1U : 0U};
  }
  static auto& totals(ColumnCache& cache) { return cache.running_sums; }
};

std::vector<std::uint32_t> PeriodSums::counts(const TimeRange& range) const {
  return sum<Counting>(range);
}

std::vector<TrackSums> PeriodSums::sums(const TimeRange& range) const {
  return sum<Summing>(range);
}

template <typename Kind>
PeriodSums::Sums<Kind> PeriodSums::sum(const TimeRange& range) const {
  Sums<Kind> sums(snapshot_.codes.tracks);
  const auto [first, last] = snapshot_.blocks_in(range);
  if (first < last) add_blocks<Kind>(range, first, last, sums);
  for (std::size_t block = first; block < last; ++block) take_removed<Kind>(block, range, sums);
  const auto [outside_begin, outside_end] = range.rows(snapshot_.outside.played_at);
  add_batch<Kind, true>(slice(snapshot_.outside, outside_begin, outside_end, Kind::kColumns), sums);
  return sums;
}

template <typename Kind>
void PeriodSums::add_blocks(const TimeRange& range, std::size_t first, std::size_t last,
                            Sums<Kind>& sums) const {
  if constexpr (std::is_same_v<Kind, Counting>) {
    if (range.is_all()) {  // these are kept in the file
      const auto totals = cache_.totals.get(state_, [&] {
        return std::make_shared<const Sums<Kind>>(read_totals(database_, snapshot_.codes));
      });
      std::ranges::copy(*totals, sums.begin());
      return;
    }
  }
  const std::uint64_t most = snapshot_.plays_before[last] - snapshot_.plays_before[first];
  const std::size_t begin = blocks_.rows(first, range).first;
  const std::size_t end = blocks_.rows(last - 1, range).second;
  const std::uint64_t plays = most - begin - (snapshot_.blocks[last - 1].plays - end);
  if (plays > kFewPlays) {
    add_plays_before<Kind>(last - 1, end, true, sums);
    add_plays_before<Kind>(first, begin, false, sums);
    return;
  }
  for (std::size_t block = first; block < last; ++block) {
    const std::size_t from = block == first ? begin : 0;
    const std::size_t to = block == last - 1 ? end : snapshot_.blocks[block].plays;
    add_rows<Kind>(block, from, to, true, sums);
  }
}

template <typename Kind>
void PeriodSums::add_plays_before(std::size_t block, std::size_t row, bool plus,
                                  Sums<Kind>& sums) const {
  const auto totals = running_totals<Kind>();
  // The border from which the fewest plays are to be walked: behind the block, from its middle on.
  const bool from_behind =
      block < snapshot_.blocks.size() && row > snapshot_.blocks[block].plays / 2;
  const std::size_t border = totals->nearest(block + (from_behind ? 1 : 0));
  const Sums<Kind>& before = totals->before(border);
  for (std::size_t code = 0; code < before.size(); ++code) {
    if (plus) {
      sums[code] += before[code];
    } else {
      sums[code] -= before[code];
    }
  }
  if (border <= block) {
    for (std::size_t i = border; i < block; ++i) {
      add_rows<Kind>(i, 0, snapshot_.blocks[i].plays, plus, sums);
    }
    add_rows<Kind>(block, 0, row, plus, sums);
  } else {
    add_rows<Kind>(block, row, snapshot_.blocks[block].plays, !plus, sums);
    for (std::size_t i = block + 1; i < border; ++i) {
      add_rows<Kind>(i, 0, snapshot_.blocks[i].plays, !plus, sums);
    }
  }
}

template <typename Kind>
void PeriodSums::add_rows(std::size_t block, std::size_t begin, std::size_t end, bool plus,
                          Sums<Kind>& sums) const {
  if (begin == end) return;
  const BlockColumns decoded = blocks_.columns(block, Kind::kColumns);
  const Batch batch = decoded.slice(begin, end);
  plus ? add_batch<Kind, true>(batch, sums) : add_batch<Kind, false>(batch, sums);
}

template <typename Kind>
void PeriodSums::take_removed(std::size_t block, const TimeRange& range, Sums<Kind>& sums) const {
  const auto& removed = snapshot_.removed[block];
  if (removed.empty()) return;
  const auto [begin, end] = blocks_.rows(block, range);
  if constexpr (std::is_same_v<Kind, Counting>) {
    for (const RemovedPlay& play : removed) {
      if (play.row >= begin && play.row < end) --sums[play.track];
    }
  } else {
    for (const RemovedPlay& play : removed) {
      if (play.row >= begin && play.row < end) {
        add_rows<Kind>(block, play.row, play.row + std::size_t{1}, false, sums);
      }
    }
  }
}

template <typename Kind>
std::shared_ptr<const RunningTotals<typename Kind::Sum>> PeriodSums::running_totals() const {
  using Totals = RunningTotals<typename Kind::Sum>;
  auto& kept = Kind::totals(cache_);
  return kept.get(state_, [&] {
    std::vector<std::int64_t> numbers;
    for (const BlockInfo& block : snapshot_.blocks) numbers.push_back(block.block);
    const auto known = kept.last();
    return std::make_shared<const Totals>(
        std::move(numbers), snapshot_.codes.tracks, Kind::kMostBytes, known.get(),
        [&](std::size_t block, Sums<Kind>& sums) {
          add_rows<Kind>(block, 0, snapshot_.blocks[block].plays, true, sums);
        });
  });
}

}  // namespace playmirror::columns
