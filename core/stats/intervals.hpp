/// \file
/// From when to when a play lasted, as well as its row tells.
#pragma once

#include "core/stats/selection.hpp"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <string_view>
#include <vector>

namespace playmirror::stats {

/// A play lasts for listened_ms, else for the track's duration, else for no time. Whether played_at
/// is its start or its end is StatsFilter::played_at_is; when that is unknown, the end for the
/// sources `import` and those that begin with `spotify`, the start for all others.
class Intervals {
 public:
  static constexpr Column kColumns =
      Column::played_at | Column::track | Column::listened_ms | Column::source;

  explicit Intervals(const Selection& selection)
      : durations_(selection.facts().durations()),
        ends_(selection.plays().sources().size(),
              selection.filter().played_at_is == PlayedAt::end ? 1 : 0) {
    if (selection.filter().played_at_is != PlayedAt::unknown) return;
    const auto& sources = selection.plays().sources();
    for (std::uint32_t code = 1; code < ends_.size(); ++code) {
      const std::string_view source = sources[code].id;
      ends_[code] = source == "import" || source.starts_with("spotify") ? 1 : 0;
    }
  }

  [[nodiscard]] std::int64_t length_ms(const Batch& batch, std::size_t row) const {
    const std::int64_t listened = listened_ms(batch, row);
    return std::clamp<std::int64_t>(listened >= 0 ? listened : durations_[batch.track[row]], 0,
                                    kLongestMs);
  }

  /// Microseconds since 1970. Of a play at a finite instant.
  [[nodiscard]] std::int64_t begin(const Batch& batch, std::size_t row) const {
    const std::int64_t at = batch.played_at[row];
    return ends_[batch.source[row]] != 0 ? at - length_ms(batch, row) * 1'000 : at;
  }

 private:
  static constexpr std::int64_t kLongestMs = 366LL * 86'400'000;  ///< of what a row may claim

  const std::vector<std::int64_t>& durations_;
  std::vector<char> ends_;  ///< by source, whether played_at is the end
};

}  // namespace playmirror::stats
