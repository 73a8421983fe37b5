#pragma once

#include "core/columns/block_store.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// A period as a range of times: all at or after `begin`, before `end` if there is one.
struct TimeRange {
  std::int64_t begin = kNegativeInfinity;
  std::optional<std::int64_t> end = {};

  explicit TimeRange(const Period& period) noexcept;
  [[nodiscard]] bool is_before_end(std::int64_t time) const noexcept { return !end || time < *end; }
  [[nodiscard]] bool is_all() const noexcept { return begin == kNegativeInfinity && !end; }

  /// The part of rising times that lies in the range, as [first, second).
  [[nodiscard]] std::pair<std::size_t, std::size_t> rows(
      std::span<const std::int64_t> times) const noexcept;
};

/// What makes up all plays of one moment: blocks in order, what is to be left out of them, and the
/// few plays that stand outside.
struct Snapshot {
  CodeLimits codes = {};
  std::vector<BlockInfo> blocks = {};                  ///< without the run of late plays
  std::vector<std::uint64_t> plays_before = {0};       ///< of each block, and of the end
  std::vector<std::vector<RemovedPlay>> removed = {};  ///< by block, in order of row
  PlayArrays outside = {};  ///< late and unsealed plays, in order of (played_at, id)

  /// The blocks that hold plays of the range, as [first, second).
  [[nodiscard]] std::pair<std::size_t, std::size_t> blocks_in(const TimeRange& range) const;
};

[[nodiscard]] std::shared_ptr<const Snapshot> read_snapshot(const sqlite::Database& database);

}  // namespace playmirror::columns
