#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <string_view>

/// What a SQLite column cannot hold or text cannot sort, and how the mirror remembers it.
namespace playmirror::ingest {

/// Whether PostgreSQL's ISO text of this timestamp (microseconds since 2000) sorts like the
/// instant: the years 1 to 9999 and the infinities ("-..." < "0..." < "infinity").
[[nodiscard]] constexpr bool sorts_as_text(std::int64_t micros) noexcept {
  constexpr std::int64_t kYear1 = -63'082'281'600'000'000;
  constexpr std::int64_t kYear10000 = 252'455'616'000'000'000;
  return (micros >= kYear1 && micros < kYear10000) || micros == INT64_MAX || micros == INT64_MIN;
}

/// Remembers that the table holds a timestamp whose text does not sort.
void mark_odd_times(sqlite::Database& database, std::string_view table);

/// Takes away odd values that are none, or of columns and rows that are not there, as only a
/// damaged file has them.
void drop_stray_odd_values(sqlite::Database& database);

}  // namespace playmirror::ingest
