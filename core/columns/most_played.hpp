#pragma once

#include "core/columns/running_totals.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <vector>

/// Which tracks have the most plays, without ordering all of them.
namespace playmirror::columns {

struct TrackPlays {
  std::uint32_t track;  ///< code
  std::uint32_t plays;

  friend bool operator==(const TrackPlays&, const TrackPlays&) = default;
};

/// The largest `n` of the numbers that were offered.
class Largest {
 public:
  explicit Largest(std::size_t n) : n_(n) {}

  /// The least of them; 0 while there are fewer.
  [[nodiscard]] std::uint32_t least() const noexcept { return least_; }

  void offer(std::uint32_t number) {
    if (heap_.size() == n_) {
      if (number <= least_) return;
      std::ranges::pop_heap(heap_, std::greater());
      heap_.back() = number;
    } else {
      heap_.push_back(number);
    }
    std::ranges::push_heap(heap_, std::greater());
    if (heap_.size() == n_) least_ = heap_.front();
  }

 private:
  std::size_t n_;
  std::uint32_t least_ = 0;
  std::vector<std::uint32_t> heap_;  ///< the least in front
};

/// Of the plays by track code those that are not less than the `n`-th largest, nor 0, in order of
/// code. The plays of code 0 are those of no track.
[[nodiscard]] std::vector<TrackPlays> most_played(std::span<const std::uint32_t> plays,
                                                  std::size_t n);

/// The tracks with the most plays of all blocks, which are the most in every period, too, unless a
/// period is very short: no track has more plays in it than in all.
class Leaders {
 public:
  /// Of an eighth of all codes.
  explicit Leaders(std::span<const std::uint32_t> plays);

  /// What most_played() would give, in another order, where the leaders prove it: when so few plays
  /// are left to a track that it cannot be among the first. `plays_of` gives a track's plays in the
  /// period, of which no more than `outside` are in no block.
  template <typename PlaysOf>
  [[nodiscard]] std::optional<std::vector<TrackPlays>> most_played(std::size_t n,
                                                                   std::uint32_t outside,
                                                                   PlaysOf&& plays_of) const {
    Largest largest(n);
    std::vector<TrackPlays> found;
    for (const auto& [track, all] : tracks_) {
      if (std::uint64_t{all} + outside < largest.least()) {
        std::erase_if(found, [&](const auto& each) { return each.plays < largest.least(); });
        return found;
      }
      const std::uint32_t plays = plays_of(track);
      if (plays < std::max(largest.least(), 1U)) continue;
      largest.offer(plays);
      found.push_back({track, plays});
    }
    return std::nullopt;
  }

 private:
  std::vector<TrackPlays> tracks_;  ///< the most plays first
};

struct CountTotals : RunningTotals<std::uint32_t> {
  using RunningTotals::RunningTotals;
  std::shared_ptr<const Leaders> leaders = {};
};

}  // namespace playmirror::columns
