#include "core/time/postgres_time.hpp"

#include "core/time/time_scanner.hpp"

#include <array>
#include <cstring>

namespace playmirror {
namespace {

/// "00" to "99", end to end.
constexpr auto kPairs = [] {
  std::array<char, 200> pairs{};
  for (std::size_t i = 0; i < 100; ++i) {
    pairs[2 * i] = static_cast<char>('0' + i / 10);
    pairs[2 * i + 1] = static_cast<char>('0' + i % 10);
  }
  return pairs;
}();

char* put_text(char* out, std::string_view text) noexcept {
  std::memcpy(out, text.data(), text.size());
  return out + text.size();
}

char* put_pair(char* out, std::uint32_t number) noexcept {
  std::memcpy(out, &kPairs[2 * number], 2);
  return out + 2;
}

/// At least four digits; at most six are ever needed.
char* put_year(char* out, std::uint32_t year) noexcept {
  if (year >= 100'000) *out++ = static_cast<char>('0' + year / 100'000);
  if (year >= 10'000) *out++ = static_cast<char>('0' + year / 10'000 % 10);
  out = put_pair(out, year / 100 % 100);
  return put_pair(out, year % 100);
}

/// The point and the digits after it, without trailing zeros; nothing for a whole second.
char* put_fraction(char* out, std::uint32_t micros) noexcept {
  if (micros == 0) return out;
  *out++ = '.';
  out = put_pair(out, micros / 10'000);
  out = put_pair(out, micros / 100 % 100);
  out = put_pair(out, micros % 100);
  while (out[-1] == '0') --out;
  return out;
}

}  // namespace

std::size_t format_postgres(std::int64_t micros, char* const out) noexcept {
  if (micros == kPostgresInfinity) return static_cast<std::size_t>(put_text(out, "infinity") - out);
  if (micros == kPostgresNegativeInfinity) {
    return static_cast<std::size_t>(put_text(out, "-infinity") - out);
  }
  const auto [days, of_day] = calendar::floor_divide(micros, calendar::kMicrosPerDay);
  const auto seconds = static_cast<std::uint32_t>(of_day / calendar::kMicrosPerSecond);
  const auto fraction = static_cast<std::uint32_t>(of_day % calendar::kMicrosPerSecond);
  const calendar::Date date = calendar::date_of(days);
  const bool before_christ = date.year < 1;

  char* end = put_year(out, static_cast<std::uint32_t>(before_christ ? 1 - date.year : date.year));
  *end++ = '-';
  end = put_pair(end, date.month);
  *end++ = '-';
  end = put_pair(end, date.day);
  *end++ = ' ';
  end = put_pair(end, seconds / 3'600);
  *end++ = ':';
  end = put_pair(end, seconds / 60 % 60);
  *end++ = ':';
  end = put_pair(end, seconds % 60);
  end = put_fraction(end, fraction);
  if (before_christ) end = put_text(end, " BC");
  return static_cast<std::size_t>(end - out);
}

std::optional<std::int64_t> parse_postgres(std::string_view text) noexcept {
  if (text == "infinity") return kPostgresInfinity;
  if (text == "-infinity") return kPostgresNegativeInfinity;
  TimeScanner scanner(text);
  auto date = scanner.take_date();
  if (!date || !scanner.take(" ")) return std::nullopt;
  const auto of_day = scanner.take_time();
  if (!of_day) return std::nullopt;
  if (scanner.take(" BC")) date->year = 1 - date->year;
  const auto micros = calendar::micros_of(*date, *of_day);
  if (!micros || !is_finite_postgres_time(*micros)) return std::nullopt;
  // Each instant has one text: `06:00` or `06:00:00.50` may be read, but is never printed.
  std::array<char, kPostgresTimeCapacity> printed{};
  const auto length = format_postgres(*micros, printed.data());
  if (text != std::string_view(printed.data(), length)) return std::nullopt;
  return micros;
}

}  // namespace playmirror
