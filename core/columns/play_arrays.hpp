#pragma once

#include "core/columns/play_batch.hpp"

#include <compare>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// What plays are ordered by.
struct PlayKey {
  std::int64_t played_at = kNegativeInfinity;
  std::int64_t id = 0;

  friend auto operator<=>(const PlayKey&, const PlayKey&) = default;
};

/// One play in codes.
struct PlayRow {
  PlayKey key = {};
  std::uint32_t track = kNone;
  std::optional<std::int64_t> listened_ms = {};
  std::int8_t skipped = kSkipUnknown;
  std::uint32_t source = kNone;
  std::uint32_t context = kNone;

  friend bool operator==(const PlayRow&, const PlayRow&) = default;
};

/// Plays in memory, column by column.
struct PlayArrays {
  std::vector<std::int64_t> played_at = {};
  std::vector<std::int64_t> id = {};
  std::vector<std::uint32_t> track = {};
  std::vector<std::int32_t> listened_ms = {};
  std::vector<std::pair<std::uint32_t, std::int64_t>> wide_listened_ms = {};  ///< (row, value)
  std::vector<std::int8_t> skipped = {};
  std::vector<std::uint32_t> source = {};
  std::vector<std::uint32_t> context = {};

  [[nodiscard]] std::size_t size() const noexcept { return id.size(); }
  [[nodiscard]] PlayKey key(std::size_t row) const noexcept { return {played_at[row], id[row]}; }
  [[nodiscard]] PlayRow row(std::size_t row) const;
  void add(const PlayRow& play);
  /// Adds the rows [begin, end) of others.
  void add(const PlayArrays& plays, std::size_t begin, std::size_t end);
  void reserve(std::size_t rows);
  void clear() noexcept;
};

}  // namespace playmirror::columns
