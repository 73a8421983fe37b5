#include "core/columns/most_played.hpp"

namespace playmirror::columns {
namespace {

constexpr std::size_t kStretch = 64;

/// The largest number of each stretch of them. The inner loop of a whole stretch has no branch and
/// a fixed length: it becomes vector instructions.
std::vector<std::uint32_t> peaks_of(std::span<const std::uint32_t> numbers) {
  std::vector<std::uint32_t> peaks;
  peaks.reserve(numbers.size() / kStretch + 1);
  const auto add_peak = [&](auto stretch) {
    std::uint32_t peak = 0;
    for (const std::uint32_t number : stretch) peak = std::max(peak, number);
    peaks.push_back(peak);
  };
  for (; numbers.size() >= kStretch; numbers = numbers.subspan(kStretch)) {
    add_peak(numbers.first<kStretch>());
  }
  if (!numbers.empty()) add_peak(numbers);
  return peaks;
}

}  // namespace

std::vector<TrackPlays> most_played(std::span<const std::uint32_t> plays, std::size_t n) {
  const auto tracks = plays.subspan(std::min<std::size_t>(plays.size(), 1));
  const auto peaks = peaks_of(tracks);
  // Peaks are numbers of plays: as many of these are not less than the n-th largest of them.
  Largest largest_peaks(n);
  for (const std::uint32_t peak : peaks) largest_peaks.offer(peak);
  const std::uint32_t bound = std::max(largest_peaks.least(), 1U);

  Largest largest(n);
  std::vector<TrackPlays> found;
  for (std::size_t stretch = 0; stretch < peaks.size(); ++stretch) {
    if (peaks[stretch] < bound) continue;
    const std::size_t end = std::min((stretch + 1) * kStretch, tracks.size());
    for (std::size_t i = stretch * kStretch; i < end; ++i) {
      if (tracks[i] < std::max(largest.least(), bound)) continue;
      largest.offer(tracks[i]);
      found.push_back({static_cast<std::uint32_t>(i + 1), tracks[i]});
    }
  }
  std::erase_if(found, [&](const auto& each) { return each.plays < largest.least(); });
  return found;
}

Leaders::Leaders(std::span<const std::uint32_t> plays) {
  tracks_ = columns::most_played(plays, plays.size() / 8 + 1);
  std::ranges::sort(tracks_, std::greater(), &TrackPlays::plays);
}

}  // namespace playmirror::columns
