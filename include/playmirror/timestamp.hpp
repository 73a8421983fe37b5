#pragma once

#include <playmirror/export.hpp>

#include <chrono>
#include <compare>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace playmirror {

/// An instant in UTC, exact to the microsecond: every value that PostgreSQL's timestamp can hold.
///
/// Kept as PostgreSQL keeps it: signed microseconds since 2000-01-01T00:00:00Z, with the two
/// extreme integers meaning infinity and -infinity. The finite range is 4714-11-24 BC to
/// 294276-12-31 AD in the proleptic Gregorian calendar. A server column without time zone is taken
/// as UTC.
///
/// A plain value: no allocation, safe to share between threads.
class PLAYMIRROR_EXPORT Timestamp {
 public:
  /// 2000-01-01T00:00:00Z.
  constexpr Timestamp() noexcept = default;

  /// From microseconds since 2000-01-01T00:00:00Z. Throws InvalidArgument outside the finite range;
  /// the two extreme integers mean the infinities.
  [[nodiscard]] static Timestamp from_postgres_micros(std::int64_t micros);

  /// From microseconds since 1970-01-01T00:00:00Z. Throws InvalidArgument outside the finite range.
  [[nodiscard]] static Timestamp from_unix_micros(std::int64_t micros);

  /// Later than every other instant.
  [[nodiscard]] static constexpr Timestamp infinity() noexcept {
    return Timestamp(std::numeric_limits<std::int64_t>::max());
  }
  /// Earlier than every other instant.
  [[nodiscard]] static constexpr Timestamp negative_infinity() noexcept {
    return Timestamp(std::numeric_limits<std::int64_t>::min());
  }

  /// The system clock's present instant.
  [[nodiscard]] static Timestamp now();

  /// Reads ISO 8601 with a zone: `2026-01-31T06:00:00.25Z`, `2026-01-31 07:00:00+01:00`; also
  /// `infinity`, `-infinity` and a trailing ` BC`. Up to six digits of a second. A naive time, one
  /// without a zone, is refused, because guessing the zone would shift a listening history by
  /// hours. Throws InvalidArgument.
  [[nodiscard]] static Timestamp parse(std::string_view text);

  /// Reads the text in a mirror file's timestamp columns: PostgreSQL's ISO style, UTC implied.
  /// Throws InvalidArgument.
  [[nodiscard]] static Timestamp parse_postgres(std::string_view text);

  /// Whether it is an instant, and neither infinity.
  [[nodiscard]] constexpr bool is_finite() const noexcept {
    return *this != infinity() && *this != negative_infinity();
  }

  /// Microseconds since 2000-01-01T00:00:00Z; the extreme integers for the infinities.
  [[nodiscard]] constexpr std::int64_t postgres_micros() const noexcept { return micros_; }

  /// Microseconds since 1970-01-01T00:00:00Z. Throws InvalidArgument for the infinities and for
  /// the last thirty years of PostgreSQL's range, which do not fit.
  [[nodiscard]] std::int64_t unix_micros() const;

  /// The same instant for the chrono library. Throws like unix_micros().
  [[nodiscard]] std::chrono::sys_time<std::chrono::microseconds> to_sys_time() const;

  /// ISO 8601: `2026-01-31T06:00:00.25Z`. parse() reads it back to the same value.
  [[nodiscard]] std::string to_string() const;

  /// As PostgreSQL prints a timestamp in ISO style: `2026-01-31 06:00:00.25`. This is the text
  /// in the mirror file.
  [[nodiscard]] std::string to_postgres_string() const;

  friend constexpr auto operator<=>(Timestamp, Timestamp) noexcept = default;

 private:
  explicit constexpr Timestamp(std::int64_t micros) noexcept : micros_(micros) {}

  std::int64_t micros_ = 0;
};

}  // namespace playmirror
