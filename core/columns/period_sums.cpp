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

template <bool plus, typename Sum>
void add(Sum& to, const Sum& sum) {
  if constexpr (plus) {
    to += sum;
  } else {
    to -= sum;
  }
}

}  // namespace

/// What is summed up: here, how many plays there are.
struct PeriodSums::Counting {
  using Sum = std::uint32_t;
  using Totals = RunningTotals<Sum>;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  std::size_t codes;

  [[nodiscard]] std::size_t size() const noexcept { return codes; }
  [[nodiscard]] static Column columns() noexcept { return Column::track; }
  [[nodiscard]] static auto& totals(ColumnCache& cache) { return cache.running_counts; }
  [[nodiscard]] static bool continues(const Totals&) noexcept { return true; }

  template <bool plus>
  static void add_batch(const Batch& batch, std::vector<Sum>& sums) {
    for (const std::uint32_t track : batch.track) add<plus>(sums[track], Sum{1});
  }
};

struct PeriodSums::Summing {
  using Sum = TrackSums;
  using Totals = RunningTotals<Sum>;
  static constexpr std::size_t kMostBytes = std::size_t{48} << 20;

  std::size_t codes;

  [[nodiscard]] std::size_t size() const noexcept { return codes; }
  [[nodiscard]] static Column columns() noexcept {
    return Column::track | Column::listened_ms | Column::skipped;
  }
  [[nodiscard]] static auto& totals(ColumnCache& cache) { return cache.running_sums; }
  [[nodiscard]] static bool continues(const Totals&) noexcept { return true; }

  template <bool plus>
  static void add_batch(const Batch& batch, std::vector<Sum>& sums) {
    for (std::size_t row = 0; row < batch.size; ++row) {
      const std::int32_t listened = batch.listened_ms[row];
      const std::uint32_t known = listened >= 0 ? 1 : 0;
      add<plus>(sums[batch.track[row]],
                {.measured_ms = static_cast<std::uint64_t>(std::max(listened, 0)),
                 .plays = 1,
                 .measured = known,
                 .skips = batch.skipped[row] == kSkipped ? 1U : 0U,
                 .wide = listened == kWideListenedMs ? 1U : 0U});
    }
  }
};

/// Plays by bin.
struct PeriodSums::Binning {
  using Sum = std::uint32_t;
  using Totals = BinTotals;
  static constexpr std::size_t kMostBytes = std::size_t{1} << 20;

  std::shared_ptr<const Bins> bins;

  [[nodiscard]] std::size_t size() const noexcept { return bins->size(); }
  [[nodiscard]] Column columns() const noexcept { return bins->columns(); }
  [[nodiscard]] static auto& totals(ColumnCache& cache) { return cache.running_bins; }
  [[nodiscard]] bool continues(const Totals& known) const {
    return bins->continue_with(*known.bins);
  }

  template <bool plus>
  void add_batch(const Batch& batch, std::vector<Sum>& sums) const {
    std::vector<Sum> counts(sums.size());
    bins->add(batch, counts);
    for (std::size_t bin = 0; bin < counts.size(); ++bin) add<plus>(sums[bin], counts[bin]);
  }
};

PeriodSums::Counts PeriodSums::counts(const TimeRange& range) const {
  const bool only_blocks = !snapshot_.blocks.empty() && snapshot_.outside.size() == 0 &&
                           std::ranges::all_of(snapshot_.removed, &std::vector<RemovedPlay>::empty);
  if (range.is_all() && only_blocks) return totals();
  return std::make_shared<const Sums<Counting>>(sum(Counting{snapshot_.codes.tracks}, range));
}

PeriodSums::Counts PeriodSums::totals() const {
  return cache_.totals.get(state_, [&] {
    return std::make_shared<const Sums<Counting>>(read_totals(database_, snapshot_.codes));
  });
}

std::vector<TrackSums> PeriodSums::sums(const TimeRange& range) const {
  return sum(Summing{snapshot_.codes.tracks}, range);
}

std::vector<std::uint32_t> PeriodSums::binned(const TimeRange& range,
                                              std::shared_ptr<const Bins> bins) const {
  return sum(Binning{std::move(bins)}, range);
}

template <typename Kind>
PeriodSums::Sums<Kind> PeriodSums::sum(const Kind& kind, const TimeRange& range) const {
  Sums<Kind> sums(kind.size());
  const auto [first, last] = snapshot_.blocks_in(range);
  if (first < last) add_blocks(kind, range, first, last, sums);
  for (std::size_t block = first; block < last; ++block) take_removed(kind, block, range, sums);
  const auto [outside_begin, outside_end] = range.rows(snapshot_.outside.played_at);
  kind.template add_batch<true>(
      slice(snapshot_.outside, outside_begin, outside_end, kind.columns()), sums);
  return sums;
}

template <typename Kind>
void PeriodSums::add_blocks(const Kind& kind, const TimeRange& range, std::size_t first,
                            std::size_t last, Sums<Kind>& sums) const {
  if constexpr (std::is_same_v<Kind, Counting>) {
    if (range.is_all()) {
      std::ranges::copy(*totals(), sums.begin());
      return;
    }
  }
  const std::uint64_t most = snapshot_.plays_before[last] - snapshot_.plays_before[first];
  const std::size_t begin = blocks_.rows(first, range).first;
  const std::size_t end = blocks_.rows(last - 1, range).second;
  const std::uint64_t plays = most - begin - (snapshot_.blocks[last - 1].plays - end);
  if (plays > kFewPlays) {
    add_plays_before(kind, last - 1, end, true, sums);
    add_plays_before(kind, first, begin, false, sums);
    return;
  }
  for (std::size_t block = first; block < last; ++block) {
    const std::size_t from = block == first ? begin : 0;
    const std::size_t to = block == last - 1 ? end : snapshot_.blocks[block].plays;
    add_rows(kind, block, from, to, true, sums);
  }
}

template <typename Kind>
void PeriodSums::add_plays_before(const Kind& kind, std::size_t block, std::size_t row, bool plus,
                                  Sums<Kind>& sums) const {
  const auto totals = running_totals(kind);
  // The border from which the fewest plays are to be walked: behind the block, from its middle on.
  const bool from_behind =
      block < snapshot_.blocks.size() && row > snapshot_.blocks[block].plays / 2;
  const std::size_t border = totals->nearest(block + (from_behind ? 1 : 0));
  const Sums<Kind>& before = totals->before(border);
  for (std::size_t i = 0; i < before.size(); ++i) {
    plus ? add<true>(sums[i], before[i]) : add<false>(sums[i], before[i]);
  }
  if (border <= block) {
    for (std::size_t i = border; i < block; ++i) {
      add_rows(kind, i, 0, snapshot_.blocks[i].plays, plus, sums);
    }
    add_rows(kind, block, 0, row, plus, sums);
  } else {
    add_rows(kind, block, row, snapshot_.blocks[block].plays, !plus, sums);
    for (std::size_t i = block + 1; i < border; ++i) {
      add_rows(kind, i, 0, snapshot_.blocks[i].plays, !plus, sums);
    }
  }
}

template <typename Kind>
void PeriodSums::add_rows(const Kind& kind, std::size_t block, std::size_t begin, std::size_t end,
                          bool plus, Sums<Kind>& sums) const {
  if (begin == end) return;
  const BlockColumns decoded = blocks_.columns(block, kind.columns());
  const Batch batch = decoded.slice(begin, end);
  plus ? kind.template add_batch<true>(batch, sums) : kind.template add_batch<false>(batch, sums);
}

template <typename Kind>
void PeriodSums::take_removed(const Kind& kind, std::size_t block, const TimeRange& range,
                              Sums<Kind>& sums) const {
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
        add_rows(kind, block, play.row, play.row + std::size_t{1}, false, sums);
      }
    }
  }
}

template <typename Kind>
std::shared_ptr<const typename Kind::Totals> PeriodSums::running_totals(const Kind& kind) const {
  using Totals = typename Kind::Totals;
  const auto continues = [&](const Totals& known) { return kind.continues(known); };
  auto& kept = kind.totals(cache_);
  return kept.get(
      state_,
      [&] {
        std::vector<std::int64_t> numbers;
        for (const BlockInfo& block : snapshot_.blocks) numbers.push_back(block.block);
        const auto known = kept.last();
        auto totals = std::make_shared<Totals>(
            std::move(numbers), kind.size(), Kind::kMostBytes,
            known && continues(*known) ? known.get() : nullptr,
            [&](std::size_t block, Sums<Kind>& sums) {
              add_rows(kind, block, 0, snapshot_.blocks[block].plays, true, sums);
            });
        if constexpr (std::is_same_v<Kind, Binning>) totals->bins = kind.bins;
        return totals;
      },
      continues);
}

}  // namespace playmirror::columns
