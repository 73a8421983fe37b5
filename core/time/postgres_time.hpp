#pragma once

#include "core/time/calendar.hpp"

#include <cstddef>
#include <cstdint>
#include <limits>
#include <optional>
#include <string_view>

/// PostgreSQL's timestamps as it keeps them, microseconds since 2000-01-01, and as it prints them
/// in ISO style: `2026-01-31 06:00:00.25`. Allocates nothing: a first copy goes through here per
/// value.
namespace playmirror {

inline constexpr std::int64_t kPostgresInfinity = std::numeric_limits<std::int64_t>::max();
inline constexpr std::int64_t kPostgresNegativeInfinity = std::numeric_limits<std::int64_t>::min();

/// The finite range: 4714-11-24 BC 00:00:00 inclusive to 294277-01-01 00:00:00 exclusive.
inline constexpr std::int64_t kPostgresTimeBegin =
    calendar::days_of({-4713, 11, 24}) * calendar::kMicrosPerDay;
inline constexpr std::int64_t kPostgresTimeEnd =
    calendar::days_of({294277, 1, 1}) * calendar::kMicrosPerDay;

[[nodiscard]] constexpr bool is_finite_postgres_time(std::int64_t micros) noexcept {
  return micros >= kPostgresTimeBegin && micros < kPostgresTimeEnd;
}

/// Whether PostgreSQL's timestamp can hold the value. A decoder refuses anything else.
[[nodiscard]] constexpr bool is_postgres_time(std::int64_t micros) noexcept {
  return is_finite_postgres_time(micros) || micros == kPostgresInfinity ||
         micros == kPostgresNegativeInfinity;
}

/// More than any of the texts needs.
inline constexpr std::size_t kPostgresTimeCapacity = 40;

/// Writes the text to `out`, which has room for kPostgresTimeCapacity bytes, without a final NUL;
/// returns its length. Any integer is safe; one outside the range prints as a year out of range.
std::size_t format_postgres(std::int64_t micros, char* out) noexcept;

/// Reads exactly what format_postgres writes for a value in range; nothing for any other text.
[[nodiscard]] std::optional<std::int64_t> parse_postgres(std::string_view text) noexcept;

}  // namespace playmirror
