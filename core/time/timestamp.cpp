#include "core/time/postgres_time.hpp"
#include "core/time/time_scanner.hpp"

#include <playmirror/error.hpp>
#include <playmirror/timestamp.hpp>

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>

namespace playmirror {
namespace {

using std::chrono::microseconds;

/// From 1970-01-01 to 2000-01-01.
constexpr std::int64_t kUnixToPostgres = microseconds(calendar::kEpoch.time_since_epoch()).count();

[[noreturn]] void refuse(std::string_view text, std::string reason, std::string hint) {
  constexpr std::size_t kShown = 60;
  std::string shown(text.substr(0, kShown));
  if (text.size() > kShown) shown += "...";
  raise(ErrorCode::invalid_argument, "\"" + shown + "\" " + reason, {.hint = std::move(hint)});
}

[[noreturn]] void refuse_range(std::int64_t micros, const char* epoch) {
  raise(ErrorCode::invalid_argument,
        std::to_string(micros) + " microseconds since " + epoch +
            " is outside the range of PostgreSQL's timestamp",
        {.hint = "Pass an instant from 4714-11-24 BC to 294276-12-31."});
}

/// How far the local time is ahead of UTC, in seconds: `Z`, `+01`, `+0100`, `+01:00`, `+00:53:28`.
std::optional<std::int64_t> take_zone(TimeScanner& scanner) {
  if (scanner.take("Z") || scanner.take("z")) return 0;
  const bool behind = scanner.take("-");
  if (!behind && !scanner.take("+")) return std::nullopt;
  const auto hours = scanner.take_pair(23);
  if (!hours) return std::nullopt;
  std::int64_t seconds = *hours * 3'600;
  for (const int unit : {60, 1}) {
    const bool colon = scanner.take(":");
    const auto more = scanner.take_pair(59);
    if (!more && colon) return std::nullopt;
    if (!more) break;
    seconds += *more * unit;
  }
  return behind ? -seconds : seconds;
}

/// As other programs write nanoseconds.
bool is_finer_than_micros(std::string_view text) {
  constexpr std::string_view kDigits = "0123456789";
  const std::size_t point = text.find('.');
  if (point == std::string_view::npos) return false;
  const std::size_t end = text.find_first_not_of(kDigits, point + 1);
  return std::min(end, text.size()) - point - 1 > 6;
}

}  // namespace

Timestamp Timestamp::from_postgres_micros(std::int64_t micros) {
  if (!is_postgres_time(micros)) refuse_range(micros, "2000-01-01");
  return Timestamp(micros);
}

Timestamp Timestamp::from_unix_micros(std::int64_t micros) {
  std::int64_t since_2000 = 0;
  if (__builtin_sub_overflow(micros, kUnixToPostgres, &since_2000) ||
      !is_finite_postgres_time(since_2000)) {
    refuse_range(micros, "1970-01-01");
  }
  return Timestamp(since_2000);
}

Timestamp Timestamp::now() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return from_unix_micros(std::chrono::floor<microseconds>(now).count());
}

Timestamp Timestamp::parse(std::string_view text) {
  if (text == "infinity") return infinity();
  if (text == "-infinity") return negative_infinity();
  constexpr const char* kForm = "Write it as 2026-01-31T06:00:00.25Z or 2026-01-31T07:00:00+01:00.";
  TimeScanner scanner(text);
  auto date = scanner.take_date();
  if (date && scanner.done()) refuse(text, "is a day without a time of day", kForm);
  if (!date || !(scanner.take("T") || scanner.take("t") || scanner.take(" "))) {
    refuse(text, "is not an ISO 8601 time", kForm);
  }
  const auto of_day = scanner.take_time();
  if (!of_day) {
    if (is_finer_than_micros(text)) {
      refuse(text, "has more than six digits behind the second",
             "PostgreSQL keeps microseconds: cut or round the rest.");
    }
    refuse(text, "is not an ISO 8601 time", kForm);
  }
  if (scanner.done()) {
    refuse(text, "has no time zone", "Append Z if it is UTC, or the offset, such as +01:00.");
  }
  const auto ahead = take_zone(scanner);
  if (!ahead) refuse(text, "is not an ISO 8601 time", kForm);
  if (scanner.take(" BC")) date->year = 1 - date->year;
  if (!scanner.done()) refuse(text, "is not an ISO 8601 time", kForm);
  if (!calendar::exists(*date)) refuse(text, "names a day that does not exist", kForm);
  const auto micros = calendar::micros_of(*date, *of_day - *ahead * calendar::kMicrosPerSecond);
  if (!micros || !is_finite_postgres_time(*micros)) {
    refuse(text, "is outside the range of PostgreSQL's timestamp",
           "Pass an instant from 4714-11-24 BC to 294276-12-31.");
  }
  return Timestamp(*micros);
}

Timestamp Timestamp::parse_postgres(std::string_view text) {
  const auto micros = playmirror::parse_postgres(text);
  if (!micros) {
    refuse(text, "is not a timestamp as PostgreSQL prints it",
           "Write it in UTC, as 2026-01-31 06:00:00.25.");
  }
  return Timestamp(*micros);
}

std::int64_t Timestamp::unix_micros() const {
  std::int64_t since_1970 = 0;
  if (!is_finite() || __builtin_add_overflow(micros_, kUnixToPostgres, &since_1970)) {
    raise(ErrorCode::invalid_argument,
          to_string() + " is not a number of microseconds since 1970-01-01",
          {.hint = "Use postgres_micros(), which holds every timestamp."});
  }
  return since_1970;
}

std::chrono::sys_time<microseconds> Timestamp::to_sys_time() const {
  return std::chrono::sys_time<microseconds>(microseconds(unix_micros()));
}

std::string Timestamp::to_string() const {
  std::string text = to_postgres_string();
  if (!is_finite()) return text;
  text[text.find(' ')] = 'T';
  text.insert(text.ends_with(" BC") ? text.size() - 3 : text.size(), 1, 'Z');
  return text;
}

std::string Timestamp::to_postgres_string() const {
  std::array<char, kPostgresTimeCapacity> text{};
  return {text.data(), format_postgres(micros_, text.data())};
}

}  // namespace playmirror
