#pragma once

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <span>
#include <utility>

/// The form in which plays are read from the columns. Nothing here allocates.
namespace playmirror::columns {

/// `played_at` is microseconds since 1970-01-01T00:00:00Z. Three values at the ends stand for what
/// is no finite instant; as integers they sort as PostgreSQL sorts them, NULL last. The last thirty
/// years of PostgreSQL's range do not fit into the integer: those instants read as kLastInstant.
inline constexpr std::int64_t kNegativeInfinity = std::numeric_limits<std::int64_t>::min();
inline constexpr std::int64_t kNoTime = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kInfinity = kNoTime - 1;
inline constexpr std::int64_t kLastInstant = kInfinity - 1;

[[nodiscard]] constexpr bool is_finite_time(std::int64_t played_at) noexcept {
  return played_at > kNegativeInfinity && played_at < kInfinity;
}

/// The code of NULL in every dictionary.
inline constexpr std::uint32_t kNone = 0;

/// `listened_ms` fits into 32 bits but for these two: NULL, and a value that must be asked for by
/// Batch::listened(). Negative values that a server may hold are kept as they are.
inline constexpr std::int32_t kNoListenedMs = std::numeric_limits<std::int32_t>::min();
inline constexpr std::int32_t kWideListenedMs = kNoListenedMs + 1;

/// `skipped` of a play.
inline constexpr std::int8_t kNotSkipped = 0;
inline constexpr std::int8_t kSkipped = 1;
inline constexpr std::int8_t kSkipUnknown = -1;  ///< NULL

/// Which columns a scan reads; a set, joined by `|`.
enum class Column : unsigned {
  none = 0,
  played_at = 1,
  id = 2,
  track = 4,
  listened_ms = 8,
  skipped = 16,
  source = 32,
  context = 64,
  all = 127,
};

[[nodiscard]] constexpr Column operator|(Column left, Column right) noexcept {
  return static_cast<Column>(static_cast<unsigned>(left) | static_cast<unsigned>(right));
}

[[nodiscard]] constexpr bool contains(Column set, Column column) noexcept {
  return (static_cast<unsigned>(set) & static_cast<unsigned>(column)) != 0;
}

/// `since <= played_at < until`, in microseconds since 1970, as SQL would compare: a play at
/// -infinity lies in every period without `since`, one at infinity in every period without `until`,
/// and one without a time only in the period without limits, which is all plays.
struct Period {
  std::optional<std::int64_t> since = {};
  std::optional<std::int64_t> until = {};

  /// All plays at a finite instant.
  [[nodiscard]] static constexpr Period finite() noexcept {
    return {kNegativeInfinity + 1, kInfinity};
  }

  friend bool operator==(const Period&, const Period&) = default;
};

/// Where a play stands: what PlayColumns::ids() finds its id by.
struct Place {
  std::size_t block = 0;  ///< behind the last block: the plays outside of them
  std::size_t row = 0;
};

/// Consecutive plays, in order of (played_at, id). The spans of the columns that were asked for
/// have `size` values, the others none. Valid until the visitor returns.
struct Batch {
  std::size_t size = 0;
  std::span<const std::int64_t> played_at = {};
  std::span<const std::int64_t> id = {};      ///< negative: provisional
  std::span<const std::uint32_t> track = {};  ///< code in PlayColumns::tracks()
  std::span<const std::int32_t> listened_ms = {};
  std::span<const std::int8_t> skipped = {};
  std::span<const std::uint32_t> source = {};   ///< code in PlayColumns::sources()
  std::span<const std::uint32_t> context = {};  ///< code in PlayColumns::contexts()

  Place first = {};  ///< of the first row

  /// Of one row.
  [[nodiscard]] Place place(std::size_t row) const noexcept {
    return {first.block, first.row + row};
  }

  /// listened_ms of one row, exactly.
  [[nodiscard]] std::optional<std::int64_t> listened(std::size_t row) const noexcept {
    const std::int32_t value = listened_ms[row];
    if (value == kNoListenedMs) return std::nullopt;
    if (value != kWideListenedMs) return value;
    return wide(row);
  }

  /// For listened() alone: (row of the block, value) in order of row.
  using Wide = std::pair<std::uint32_t, std::int64_t>;
  std::span<const Wide> wide_values = {};

 private:
  [[nodiscard]] std::int64_t wide(std::size_t row) const noexcept {
    const auto place = static_cast<std::uint32_t>(first.row + row);
    return std::ranges::lower_bound(wide_values, place, {}, &Wide::first)->second;
  }
};

}  // namespace playmirror::columns
