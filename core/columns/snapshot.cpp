#include "core/columns/snapshot.hpp"

#include "core/columns/row_source.hpp"

#include <algorithm>

namespace playmirror::columns {
namespace {

/// Adds the plays of a block of late ones, which may be several, each sorted in itself.
void add_late(std::vector<PlayRow>& rows, const PlayArrays& plays,
              const std::vector<RemovedPlay>& removed) {
  auto next = removed.begin();
  for (std::size_t row = 0; row < plays.size(); ++row) {
    if (next != removed.end() && next->row == row) {
      ++next;
    } else {
      rows.push_back(plays.row(row));
    }
  }
}

}  // namespace

std::shared_ptr<const Snapshot> read_snapshot(const sqlite::Database& database) {
  auto snapshot = std::make_shared<Snapshot>();
  snapshot->codes = read_code_limits(database);
  RemovedPlays removed = read_removed(database);
  snapshot->outside = in_order(read_unsealed(database));
  std::vector<PlayRow> late;
  const auto removed_from = [&](const BlockInfo& block) {
    const auto found = removed.find(block.block);
    return found == removed.end() ? std::vector<RemovedPlay>() : std::move(found->second);
  };
  for (const BlockInfo& block : read_blocks(database)) {
    std::vector<RemovedPlay> gone = removed_from(block);
    if (block.late) {
      add_late(late, read_block(database, block, snapshot->codes), gone);
      continue;
    }
    for (const RemovedPlay& play : gone) {
      if (play.row >= block.plays || play.track >= snapshot->codes.tracks) {
        refuse_damaged("a removed play of block " + std::to_string(block.block) + " is none");
      }
    }
    snapshot->plays_before.push_back(snapshot->plays_before.back() + block.plays);
    snapshot->removed.push_back(std::move(gone));
    snapshot->blocks.push_back(block);
  }
  if (late.empty()) return snapshot;
  const PlayArrays unsealed = std::move(snapshot->outside);
  for (std::size_t row = 0; row < unsealed.size(); ++row) late.push_back(unsealed.row(row));
  std::ranges::sort(late, {}, &PlayRow::key);
  snapshot->outside.clear();
  snapshot->outside.reserve(late.size());
  for (const PlayRow& play : late) snapshot->outside.add(play);
  return snapshot;
}

std::pair<std::size_t, std::size_t> Snapshot::blocks_in(const TimeRange& range) const {
  const auto first = std::ranges::partition_point(
      blocks, [&](const BlockInfo& block) { return block.last.played_at < range.begin; });
  const auto second = std::partition_point(first, blocks.end(), [&](const BlockInfo& block) {
    return range.is_before_end(block.first.played_at);
  });
  return {static_cast<std::size_t>(first - blocks.begin()),
          static_cast<std::size_t>(second - blocks.begin())};
}

TimeRange::TimeRange(const Period& period) noexcept
    : begin(period.since.value_or(kNegativeInfinity)), end(period.until) {
  // A limit at either end leaves out the plays without a time.
  if (period.since && !end) end = kNoTime;
}

std::pair<std::size_t, std::size_t> TimeRange::rows(
    std::span<const std::int64_t> times) const noexcept {
  const auto from = [&](std::int64_t time) {
    return static_cast<std::size_t>(std::ranges::lower_bound(times, time) - times.begin());
  };
  const std::size_t first = from(begin);
  const std::size_t second = end ? from(*end) : times.size();
  return {first, std::max(first, second)};
}

}  // namespace playmirror::columns
