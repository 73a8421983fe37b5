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

/// A period of so few plays, or of so small a part of all, is summed up play by play, not from
/// running totals.
constexpr std::uint64_t kFewPlays = 32'768;
constexpr std::uint64_t kSmallPart = 8;

template <bool plus, typename Sum>
void add(Sum& to, const Sum& sum) {
  if constexpr (plus) {
    to += sum;
  } else {
    to -= sum;
  }
}

/// What totals have more than those before an earlier block, which are no longer.
template <typename Sum>
void add_each(const std::vector<Sum>& after, const std::vector<Sum>& before,
              std::vector<Sum>& sums) {
  for (std::size_t i = 0; i < before.size(); ++i) sums[i] += after[i] - before[i];
  for (std::size_t i = before.size(); i < after.size(); ++i) sums[i] += after[i];
}

}  // namespace

/// What is summed up: here, how many plays there are.
struct PeriodSums::Counting {
  using Sum = std::uint32_t;
  using Sums = std::vector<Sum>;
  using Totals = CountTotals;
  static constexpr std::size_t kMostBytes = std::size_t{64} << 20;

  std::size_t codes;

  [[nodiscard]] std::size_t size() const noexcept { return codes; }
  [[nodiscard]] static Column columns() noexcept { return Column::track; }
  [[nodiscard]] static auto& totals(ColumnCache& cache) { return cache.running_counts; }
  [[nodiscard]] static bool continues(const Totals&) noexcept { return true; }

  static void add_difference(const Sums& after, const Sums& before, Sums& sums) {
    add_each(after, before, sums);
  }

  template <bool plus>
  static void add_batch(const Batch& batch, Sums& sums) {
    for (const std::uint32_t track : batch.track) add<plus>(sums[track], Sum{1});
  }
};

struct PeriodSums::Summing {
  using Sum = TrackSums;
  using Sums = Sparse<Sum>;
  using Totals = RunningTotals<Sum>;
  static constexpr std::size_t kMostBytes = std::size_t{48} << 20;

  std::size_t codes;

  [[nodiscard]] std::size_t size() const noexcept { return codes; }
  [[nodiscard]] static Column columns() noexcept {
    return Column::track | Column::listened_ms | Column::skipped;
  }
  [[nodiscard]] static auto& totals(ColumnCache& cache) { return cache.running_sums; }
  [[nodiscard]] static bool continues(const Totals&) noexcept { return true; }

  /// A track without a play in between has the same totals.
  static void add_difference(const std::vector<Sum>& after, const std::vector<Sum>& before,
                             Sums& sums) {
    const auto was = [&](std::size_t track) {
      return track < before.size() ? before[track] : Sum();
    };
    each_where(
        after.size(), [&](std::size_t track) { return after[track].plays != was(track).plays; },
        [&](std::uint32_t track) { (sums[track] += after[track]) -= was(track); });
  }

  /// To Sums, or to an array of all codes.
  template <bool plus, typename To>
  static void add_batch(const Batch& batch, To& sums) {
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

/// What the plays of each bin come to.
struct PeriodSums::Binning {
  using Sum = std::uint64_t;
  using Sums = std::vector<Sum>;
  using Totals = BinTotals;
  static constexpr std::size_t kMostBytes = std::size_t{8} << 20;

  std::shared_ptr<const Bins> bins;

  [[nodiscard]] std::size_t size() const noexcept { return bins->size(); }
  [[nodiscard]] Column columns() const noexcept { return bins->columns(); }
  [[nodiscard]] auto& totals(ColumnCache& cache) const { return cache.running_bins(*bins); }
  [[nodiscard]] bool continues(const Totals& known) const {
    return bins->continue_with(*known.bins);
  }

  static void add_difference(const Sums& after, const Sums& before, Sums& sums) {
    add_each(after, before, sums);
  }

  template <bool plus>
  void add_batch(const Batch& batch, Sums& sums) const {
    if constexpr (plus) {
      bins->add(batch, sums);
    } else {
      Sums less(sums.size());
      bins->add(batch, less);
      take_away(less, sums);
    }
  }

  static void take_away(const Sums& less, Sums& sums) {
    for (std::size_t i = 0; i < less.size(); ++i) sums[i] -= less[i];
  }
};

bool PeriodSums::are_totals(const TimeRange& range) const {
  return range.is_all() && !snapshot_.blocks.empty() && snapshot_.outside.size() == 0 &&
         std::ranges::all_of(snapshot_.removed, &std::vector<RemovedPlay>::empty);
}

PeriodSums::Counts PeriodSums::counts(const TimeRange& range) const {
  if (are_totals(range)) return totals();
  return std::make_shared<const Counting::Sums>(sum(Counting{snapshot_.codes.tracks}, range));
}

std::vector<TrackPlays> PeriodSums::most_played(const TimeRange& range, std::size_t n) const {
  if (are_totals(range)) return columns::most_played(*totals(), n);
  const Counting kind{snapshot_.codes.tracks};
  Counting::Sums plays(kind.size());
  add_outside(kind, range, plays);
  std::uint32_t outside = 0;
  for (const std::uint32_t track : snapshot_.outside.track) {
    outside = std::max(outside, plays[track]);
  }
  const auto between = add_ends(kind, range, plays);
  if (between.upper != between.lower) {
    const auto before = [&](std::size_t border) {
      return [&totals = between.totals->before(border)](std::uint32_t track) {
        return track < totals.size() ? totals[track] : 0;
      };
    };
    const auto upper = before(between.upper);
    const auto lower = before(between.lower);
    const auto plays_of = [&](auto track) { return plays[track] + upper(track) - lower(track); };
    if (auto found = between.totals->leaders->most_played(n, outside, plays_of)) {
      return *std::move(found);
    }
  }
  between.add_to(kind, plays);
  return columns::most_played(plays, n);
}

PeriodSums::Counts PeriodSums::totals() const {
  return cache_.totals.get(file_.state().plays, [&] {
    return std::make_shared<const Counting::Sums>(read_totals(file_.database(), snapshot_.codes));
  });
}

std::vector<Sparse<TrackSums>::Item> PeriodSums::sums(const TimeRange& range) const {
  auto sums = sum(Summing{snapshot_.codes.tracks}, range).take_items();
  // What the plays at the ends have added may be all that they have taken away again.
  std::erase_if(sums, [](const auto& item) { return item.value.plays == 0; });
  return sums;
}

bool PeriodSums::has_binned(std::uint64_t plays, std::shared_ptr<const Bins> bins) const {
  if (snapshot_.blocks.empty()) return true;  // few plays, and no totals of them
  const Binning kind{std::move(bins)};
  if (!has_or_earned(kind, plays, snapshot_.plays_before.back())) return false;
  static_cast<void>(running_totals(kind));
  return true;
}

std::vector<std::uint64_t> PeriodSums::binned(const TimeRange& range,
                                              std::shared_ptr<const Bins> bins) const {
  return sum(Binning{std::move(bins)}, range);
}

template <typename Kind>
typename Kind::Sums PeriodSums::sum(const Kind& kind, const TimeRange& range) const {
  typename Kind::Sums sums(kind.size());
  add_outside(kind, range, sums);
  add_ends(kind, range, sums).add_to(kind, sums);
  return sums;
}

template <typename Kind>
void PeriodSums::add_outside(const Kind& kind, const TimeRange& range,
                             typename Kind::Sums& sums) const {
  const auto [begin, end] = range.rows(snapshot_.outside.played_at);
  kind.template add_batch<true>(slice(snapshot_.outside, begin, end, kind.columns()), sums);
}

template <typename Kind>
PeriodSums::Between<Kind> PeriodSums::add_ends(const Kind& kind, const TimeRange& range,
                                               typename Kind::Sums& sums) const {
  const auto [first, last] = snapshot_.blocks_in(range);
  for (std::size_t block = first; block < last; ++block) take_removed(kind, block, range, sums);
  return first < last ? add_ends_of_blocks(kind, range, first, last, sums) : Between<Kind>();
}

template <typename Kind>
PeriodSums::Between<Kind> PeriodSums::add_ends_of_blocks(const Kind& kind, const TimeRange& range,
                                                         std::size_t first, std::size_t last,
                                                         typename Kind::Sums& sums) const {
  if constexpr (std::is_same_v<Kind, Counting>) {
    if (range.is_all()) {
      add_each(*totals(), {}, sums);
      return {};
    }
  }
  const std::uint64_t most = snapshot_.plays_before[last] - snapshot_.plays_before[first];
  const std::size_t begin = blocks_.rows(first, range).first;
  const std::size_t end = blocks_.rows(last - 1, range).second;
  const std::uint64_t plays = most - begin - (snapshot_.blocks[last - 1].plays - end);
  const std::uint64_t all = snapshot_.plays_before.back();
  if (plays > std::min(kFewPlays, all / kSmallPart) && has_or_earned(kind, plays, all)) {
    const auto totals = running_totals(kind);
    const std::size_t upper = totals->nearest(last - 1, end);
    const std::size_t lower = totals->nearest(first, begin);
    add_between(kind, totals->border(upper), {last - 1, end}, true, sums);
    add_between(kind, totals->border(lower), {first, begin}, false, sums);
    return {totals, upper, lower};
  }
  for (std::size_t block = first; block < last; ++block) {
    const std::size_t from = block == first ? begin : 0;
    const std::size_t to = block == last - 1 ? end : snapshot_.blocks[block].plays;
    add_rows(kind, block, from, to, true, sums);
  }
  return {};
}

template <typename Kind>
bool PeriodSums::has_or_earned(const Kind& kind, std::uint64_t plays, std::uint64_t all) const {
  auto& kept = kind.totals(cache_);
  const auto known = kept.last();
  return (known && kind.continues(*known)) || kept.pay(plays, all);
}

template <typename Kind, typename Border>
void PeriodSums::add_between(const Kind& kind, const Border& from, const Border& to, bool plus,
                             typename Kind::Sums& sums) const {
  const bool forward = std::pair(from.block, from.row) <= std::pair(to.block, to.row);
  const auto& [first, begin] = forward ? from : to;
  const auto& [last, end] = forward ? to : from;
  for (std::size_t block = first; block <= last && block < snapshot_.blocks.size(); ++block) {
    add_rows(kind, block, block == first ? begin : 0,
             block == last ? end : snapshot_.blocks[block].plays, plus == forward, sums);
  }
}

template <typename Kind, typename Sums>
void PeriodSums::add_rows(const Kind& kind, std::size_t block, std::size_t begin, std::size_t end,
                          bool plus, Sums& sums) const {
  if (begin == end) return;
  const BlockColumns decoded = blocks_.columns(block, kind.columns());
  const Batch batch = decoded.slice(begin, end);
  plus ? kind.template add_batch<true>(batch, sums) : kind.template add_batch<false>(batch, sums);
}

template <typename Kind>
void PeriodSums::take_removed(const Kind& kind, std::size_t block, const TimeRange& range,
                              typename Kind::Sums& sums) const {
  const auto& removed = snapshot_.removed[block];
  if (removed.empty()) return;
  const auto [begin, end] = blocks_.rows(block, range);
  if constexpr (std::is_same_v<Kind, Counting>) {
    for (const RemovedPlay& play : removed) {
      if (play.row >= begin && play.row < end) --sums[play.track];
    }
  } else if constexpr (std::is_same_v<Kind, Binning>) {
    Binning::Sums less(sums.size());
    for (const RemovedPlay& play : removed) {
      if (play.row >= begin && play.row < end) {
        add_rows(kind, block, play.row, play.row + std::size_t{1}, true, less);
      }
    }
    Binning::take_away(less, sums);
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
      file_.state().plays,
      [&] {
        const auto known = kept.last();
        auto totals =
            std::make_shared<Totals>(snapshot_.blocks, kind.size(), Kind::kMostBytes,
                                     known && continues(*known) ? known.get() : nullptr,
                                     [&](std::size_t block, std::size_t begin, std::size_t end,
                                         std::vector<typename Kind::Sum>& sums) {
                                       add_rows(kind, block, begin, end, true, sums);
                                     });
        if constexpr (std::is_same_v<Kind, Binning>) totals->bins = kind.bins;
        if constexpr (std::is_same_v<Kind, Counting>) {
          const bool same = known && totals->has_blocks_of(*known);
          totals->leaders =
              same ? known->leaders : std::make_shared<const Leaders>(*this->totals());
        }
        return totals;
      },
      continues);
}

}  // namespace playmirror::columns
