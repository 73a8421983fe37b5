/// \file
/// How much of its track each play heard.
#pragma once

#include "core/columns/bins.hpp"
#include "core/stats/selection.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::stats {

/// Plays by how many whole tenths of the track were listened to, from none to all of it; the first
/// bin is of those of which that is unknown. Takes no division and no branch for each play.
class Tenths final : public columns::Bins {
 public:
  static constexpr std::size_t kShares = 11;

  /// Milliseconds by track code; not above 0 where it is unknown.
  explicit Tenths(const std::vector<std::int64_t>& durations) {
    per_ms_.reserve(durations.size());
    for (const std::int64_t duration : durations) {
      per_ms_.push_back(duration > 0 ? 10 / static_cast<double>(duration) : 0);
    }
  }

  [[nodiscard]] std::size_t size() const noexcept override { return 1 + kShares; }
  [[nodiscard]] Column columns() const noexcept override {
    return Column::track | Column::listened_ms;
  }

  void add(const Batch& batch, std::span<std::uint64_t> counts) const override {
    add(Rows(batch), counts);
  }

  void add(const Rows& rows, std::span<std::uint64_t> counts) const {
    // Four counters take turns: most plays are whole, and an addition to the counter that was just
    // written would wait for it.
    std::array<std::array<std::uint32_t, 1 + kShares>, 4> turns{};
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) {
      ++turns[row % turns.size()][bin_of(batch.track[row], listened_ms(batch, row))];
    });
    for (const auto& each : turns) {
      for (std::size_t bin = 0; bin < each.size(); ++bin) counts[bin] += each[bin];
    }
  }

  [[nodiscard]] bool continue_with(const Bins& earlier) const override {
    if (this == &earlier) return true;
    const auto* tenths = dynamic_cast<const Tenths*>(&earlier);
    return tenths != nullptr && tenths->per_ms_.size() <= per_ms_.size() &&
           std::ranges::equal(tenths->per_ms_, std::span(per_ms_).first(tenths->per_ms_.size()));
  }

 private:
  [[nodiscard]] std::size_t bin_of(std::uint32_t track, std::int64_t listened) const noexcept {
    // That many ms times ten still are an integer.
    constexpr std::int64_t kMostListened = std::int64_t{1} << 50;
    // What is added is less than lies between two times, and more than rounding takes away from any
    // within 3,000 years. So the product is never whole, and positive only if all is known.
    const double bounded = static_cast<double>(std::min(listened, kMostListened)) + 0.05;
    const double tenths = bounded * per_ms_[track];
    const auto place = static_cast<std::int64_t>(tenths) + static_cast<std::int64_t>(tenths > 0);
    return static_cast<std::size_t>(std::clamp<std::int64_t>(place, 0, kShares));
  }

  std::vector<double> per_ms_;
};

}  // namespace playmirror::stats
