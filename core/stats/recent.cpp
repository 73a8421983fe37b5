/// Stats::recent_plays, and which filters it can answer without columns.

#include "core/stats/answer.hpp"
#include "core/stats/answers.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/selection.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <string>
#include <string_view>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Rows;
using stats::Selection;

bool selects_all(const StatsFilter& filter) {
  return filter.period.label() == "all_time" && filter.rule == ListenRule::all &&
         !filter.min_listened_ms && filter.skips == Skips::include && filter.sources.empty() &&
         filter.include_contexts.empty() && filter.exclude_contexts.empty() &&
         filter.exclude_track_ids.empty() && filter.exclude_artist_ids.empty() &&
         filter.exclusions.empty() && !filter.track_id && !filter.artist_id && !filter.album &&
         !filter.genre && filter.dedupe == Dedupe::none;
}

std::optional<Timestamp> instant(std::int64_t played_at) {
  if (played_at == columns::kNoTime) return std::nullopt;
  if (played_at == columns::kInfinity) return Timestamp::infinity();
  if (played_at == columns::kNegativeInfinity) return Timestamp::negative_infinity();
  return stats::to_timestamp(played_at);
}

}  // namespace

std::vector<RecentPlay> Stats::recent_plays(const StatsFilter& filter) const {
  stats::check(filter);
  if (selects_all(filter) && pinned_ == nullptr) return latest_rows(filter);
  return of_selection(filter, [&](const Selection& selection) {
    std::vector<RecentPlay> result;
    std::int64_t skipped = 0;
    const auto is_full = [&] { return filter.limit != 0 && std::ssize(result) >= filter.limit; };
    selection.scan_back(
        stats::Column::played_at | stats::Column::track | stats::Column::id, [&](const Rows& rows) {
          const Batch& batch = rows.batch();
          rows.each_back([&](std::size_t row) {
            if (is_full() || !selection.facts().known(batch.track[row])) return;
            if (skipped < filter.offset) {
              ++skipped;
              return;
            }
            const auto entry = selection.plays().track(batch.track[row]);
            result.push_back({batch.id[row], std::string(entry.id), stats::own_text(entry.name),
                              stats::own_text(entry.artist), instant(batch.played_at[row])});
          });
          return !is_full();
        });
    return result;
  });
}

}  // namespace playmirror
