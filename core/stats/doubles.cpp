#include "core/stats/doubles.hpp"

#include <algorithm>
#include <cstddef>
#include <iterator>

namespace playmirror::stats {
namespace {

using columns::Batch;
using columns::Column;

constexpr std::int64_t kMicrosPerMilli = 1'000;
constexpr std::int64_t kSlack = 10'000'000;

struct Group {
  std::int64_t begin;     ///< when its first play was
  std::int64_t duration;  ///< of that play's track, in microseconds
  std::int64_t best_id;
  int best_fields;
  std::uint32_t source;                          ///< of its first play
  std::vector<std::uint32_t> more_sources = {};  ///< of the others, which are rare

  [[nodiscard]] bool has(std::uint32_t other) const {
    return other == source || std::ranges::find(more_sources, other) != more_sources.end();
  }
};

/// How much is known of a play. A negative time counts as unknown, as everywhere.
int fields_of(const Batch& batch, std::size_t row) {
  return (batch.listened(row).value_or(-1) >= 0 ? 1 : 0) +
         (batch.skipped[row] != columns::kSkipUnknown ? 1 : 0) +
         (batch.source[row] != columns::kNone ? 1 : 0) +
         (batch.context[row] != columns::kNone ? 1 : 0);
}

}  // namespace

std::unordered_set<std::int64_t> find_doubles(const columns::PlayColumns& plays,
                                              const std::vector<std::uint32_t>& identity,
                                              const std::vector<std::int64_t>& durations,
                                              std::chrono::milliseconds window) {
  // Ten thousand years: as far apart as any two plays in the calendar.
  constexpr std::chrono::milliseconds kWidest = std::chrono::years(10'000);
  const std::int64_t near = std::min(window, kWidest).count() * kMicrosPerMilli;
  std::int64_t longest = 0;
  for (const std::int64_t duration : durations) longest = std::max(longest, duration);
  const std::int64_t reach = std::max(near, longest * kMicrosPerMilli + kSlack);

  std::unordered_set<std::int64_t> doubles;
  std::vector<std::vector<Group>> open(identity.size());
  plays.scan(columns::Period::finite(), Column::all, [&](const Batch& batch) {
    for (std::size_t row = 0; row < batch.size; ++row) {
      const std::uint32_t track = batch.track[row];
      if (track == columns::kNone) continue;
      const std::int64_t at = batch.played_at[row];
      const std::int64_t duration = std::max(durations[track], std::int64_t{0}) * kMicrosPerMilli;
      const std::uint32_t source = batch.source[row];
      auto& groups = open[identity[track]];
      std::erase_if(groups, [&](const Group& group) { return at - group.begin > reach; });
      const auto same = std::ranges::find_if(groups, [&](const Group& group) {
        const std::int64_t distance = at - group.begin;
        return distance <= near ||
               (distance <= std::max(duration, group.duration) + kSlack && !group.has(source));
      });
      const int fields = fields_of(batch, row);
      if (same == groups.end()) {
        groups.push_back({at, duration, batch.id[row], fields, source});
        continue;
      }
      same->more_sources.push_back(source);
      const bool better = fields > same->best_fields ||
                          (fields == same->best_fields && batch.id[row] < same->best_id);
      doubles.insert(better ? same->best_id : batch.id[row]);
      if (better) {
        same->best_id = batch.id[row];
        same->best_fields = fields;
      }
    }
    return true;
  });
  return doubles;
}

}  // namespace playmirror::stats
