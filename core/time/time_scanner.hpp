#pragma once

#include "core/time/calendar.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>

namespace playmirror {

/// Reads a date and time piece by piece from the front of a text. A piece that is not there, or is
/// out of its range, gives nothing, and then the whole text is no time.
class TimeScanner {
 public:
  explicit TimeScanner(std::string_view text) noexcept : rest_(text) {}

  [[nodiscard]] bool done() const noexcept { return rest_.empty(); }

  bool take(std::string_view literal) noexcept {
    if (!rest_.starts_with(literal)) return false;
    rest_.remove_prefix(literal.size());
    return true;
  }

  /// Exactly two digits, at most `limit`.
  std::optional<unsigned> take_pair(unsigned limit) noexcept {
    if (digits() < 2) return std::nullopt;
    const auto number = static_cast<unsigned>((rest_[0] - '0') * 10 + (rest_[1] - '0'));
    if (number > limit) return std::nullopt;
    rest_.remove_prefix(2);
    return number;
  }

  /// Year, month and day. A year has four digits, or five or six without a leading zero, and is not
  /// 0. Whether the month has such a day depends on the era: see calendar::exists.
  std::optional<calendar::Date> take_date() noexcept {
    const auto width = digits();
    if (width < 4 || width > 6 || (width > 4 && rest_.front() == '0')) return std::nullopt;
    calendar::Date date{.year = 0};
    for (std::size_t i = 0; i < width; ++i) date.year = date.year * 10 + (rest_[i] - '0');
    rest_.remove_prefix(width);
    if (date.year == 0 || !take("-")) return std::nullopt;
    const auto month = take_pair(12);
    if (!month || !take("-")) return std::nullopt;
    const auto day = take_pair(31);
    if (!day) return std::nullopt;
    date.month = *month;
    date.day = *day;
    return date;
  }

  /// Hour and minute, and unless they end the time, second and up to six digits of it; in
  /// microseconds since midnight.
  std::optional<std::int64_t> take_time() noexcept {
    const auto hour = take_pair(23);
    if (!hour || !take(":")) return std::nullopt;
    const auto minute = take_pair(59);
    if (!minute) return std::nullopt;
    std::int64_t micros = (*hour * 60 + *minute) * 60 * calendar::kMicrosPerSecond;
    if (!take(":")) return micros;
    const auto second = take_pair(59);
    if (!second) return std::nullopt;
    micros += *second * calendar::kMicrosPerSecond;
    if (!take(".")) return micros;
    const auto fraction = take_fraction();
    if (!fraction) return std::nullopt;
    return micros + *fraction;
  }

 private:
  std::optional<std::int64_t> take_fraction() noexcept {
    const auto width = digits();
    if (width < 1 || width > 6) return std::nullopt;
    std::int64_t micros = 0;
    for (std::size_t i = 0; i < 6; ++i) micros = micros * 10 + (i < width ? rest_[i] - '0' : 0);
    rest_.remove_prefix(width);
    return micros;
  }

  [[nodiscard]] std::size_t digits() const noexcept {
    std::size_t count = 0;
    while (count < rest_.size() && rest_[count] >= '0' && rest_[count] <= '9') ++count;
    return count;
  }

  std::string_view rest_;
};

}  // namespace playmirror
