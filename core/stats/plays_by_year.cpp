#include "core/stats/plays_by_year.hpp"

#include "core/stats/bin_tally.hpp"

#include <algorithm>
#include <optional>

namespace playmirror::stats {
namespace {

/// By running totals; nothing where these do not tell.
std::optional<YearTallies> from_totals(const Selection& selection, YearTallies tallies) {
  if (!selection.takes_all()) return std::nullopt;
  if (YearBins::bin_of(kFirstYear + std::ssize(tallies.years)) == 0) return std::nullopt;
  const auto bins = selection.facts().year_bins();
  // Until these totals pay, those by track tell as much.
  if (!selection.plays().has_binned(selection.period(), bins)) return std::nullopt;
  const auto sums = selection.plays().binned(selection.period(), bins);
  for (std::size_t bin = 0; bin < YearBins::kBins; ++bin) {
    const auto tally =
        BinTally::of(std::span(sums).subspan(bin * BinTally::kSums).first<BinTally::kSums>(),
                     selection.filter().time_basis);
    if (!tally) return std::nullopt;
    tallies.plays += tally->plays;
    if (bin == 0 || bin > tallies.years.size()) {
      tallies.plays_unknown += tally->plays;
    } else {
      tallies.years[bin - 1] = *tally;
    }
  }
  return tallies;
}

YearTallies from_tracks(const Selection& selection, YearTallies tallies) {
  const auto& years = selection.facts().years();
  for (const auto& [track, each] : selection.track_tallies()) {
    tallies.plays += each.tally.plays;
    const std::int64_t place = years[track] - kFirstYear;
    if (place < 0 || place >= std::ssize(tallies.years)) {
      tallies.plays_unknown += each.tally.plays;
    } else {
      tallies.years[static_cast<std::size_t>(place)] += each.tally;
    }
  }
  return tallies;
}

}  // namespace

YearTallies plays_by_year(const Selection& selection, std::int64_t last_year) {
  YearTallies none;
  none.years.resize(
      static_cast<std::size_t>(std::max<std::int64_t>(last_year + 1 - kFirstYear, 0)));
  if (auto tallies = from_totals(selection, none)) return *std::move(tallies);
  return from_tracks(selection, std::move(none));
}

YearBins::YearBins(const std::vector<std::int32_t>& years,
                   const std::vector<std::int64_t>& durations) {
  tracks_.reserve(years.size());
  for (std::size_t track = 0; track < years.size(); ++track) {
    tracks_.push_back({bin_of(years[track]), durations[track]});
  }
}

std::size_t YearBins::size() const noexcept { return kBins * BinTally::kSums; }

columns::Column YearBins::columns() const noexcept { return Column::track | Column::listened_ms; }

void YearBins::add(const Batch& batch, std::span<std::uint64_t> sums) const {
  for (std::size_t row = 0; row < batch.size; ++row) {
    const auto& [bin, duration] = tracks_[batch.track[row]];
    BinTally::add(sums.subspan(bin * BinTally::kSums).first<BinTally::kSums>(),
                  listened_ms(batch, row), duration);
  }
}

bool YearBins::continue_with(const Bins& earlier) const {
  if (this == &earlier) return true;
  const auto* years = dynamic_cast<const YearBins*>(&earlier);
  return years != nullptr && years->tracks_.size() <= tracks_.size() &&
         std::ranges::equal(years->tracks_, std::span(tracks_).first(years->tracks_.size()));
}

}  // namespace playmirror::stats
