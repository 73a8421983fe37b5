#include "core/known_value.hpp"
#include "core/time/units.hpp"
#include "core/time/zone.hpp"

#include <playmirror/error.hpp>
#include <playmirror/period.hpp>
#include <playmirror/period_members.hpp>

#include <array>
#include <charconv>
#include <cstdio>
#include <utility>

namespace playmirror {
namespace {

using calendar::Date;

/// Far beyond any history, and far from overflow.
constexpr std::int64_t kMostDays = 3'000'000;

constexpr std::array kUnits = {std::pair{Unit::day, "day"}, std::pair{Unit::week, "week"},
                               std::pair{Unit::month, "month"}, std::pair{Unit::quarter, "quarter"},
                               std::pair{Unit::year, "year"}};

std::string name_of(Unit unit) {
  for (const auto& [known, name] : kUnits) {
    if (known == unit) return name;
  }
  return "hour";
}

void check_date(const Date& date, const std::string& what) {
  if (date.year >= 1 && date.year <= 9999 && calendar::exists(date)) return;
  raise(ErrorCode::invalid_argument, "there is no " + what,
        {.hint = "Years are 1 to 9999, months 1 to 12."});
}

/// `-` and two digits, as in a date.
std::string dashed(std::int64_t number) {
  return (number >= 0 && number < 10 ? "-0" : "-") + std::to_string(number);
}

unsigned small(std::int64_t number) {
  return number < 1 || number > 99 ? 99U : static_cast<unsigned>(number);
}

std::optional<std::int64_t> to_number(std::string_view text) {
  std::int64_t number = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  if (text.empty() || text[0] == '-' || error != std::errc{} || end != text.data() + text.size()) {
    return std::nullopt;
  }
  return number;
}

/// Takes `prefix` and `suffix` off.
std::optional<std::string_view> inner(std::string_view text, std::string_view prefix,
                                      std::string_view suffix) {
  if (text.size() < prefix.size() + suffix.size() || !text.starts_with(prefix) ||
      !text.ends_with(suffix)) {
    return std::nullopt;
  }
  return text.substr(prefix.size(), text.size() - prefix.size() - suffix.size());
}

std::optional<std::int64_t> number_in(std::string_view text, std::string_view prefix,
                                      std::string_view suffix) {
  const auto digits = inner(text, prefix, suffix);
  return digits ? to_number(*digits) : std::nullopt;
}

/// `30_days_2_before`: how many days, and how many such windows ago.
std::optional<std::pair<std::int64_t, std::int64_t>> parse_window(std::string_view text) {
  constexpr std::string_view kMiddle = "_days_";
  const std::size_t middle = text.find(kMiddle);
  if (middle == std::string_view::npos) return std::nullopt;
  const auto days = to_number(text.substr(0, middle));
  const auto windows = number_in(text.substr(middle + kMiddle.size()), "", "_before");
  if (!days || !windows || *windows < 2 || *windows > kMostDays) return std::nullopt;
  return std::pair{*days, *windows};
}

/// `2026`, `2026-01` or `2026-01-31`.
std::optional<Period> parse_date(std::string_view text) {
  if (text.size() != 4 && text.size() != 7 && text.size() != 10) return std::nullopt;
  const auto year = to_number(text.substr(0, 4));
  if (!year) return std::nullopt;
  if (text.size() == 4) return Period::year(*year);
  const auto month = to_number(text.substr(5, 2));
  if (text[4] != '-' || !month) return std::nullopt;
  if (text.size() == 7) return Period::month(*year, *month);
  const auto day = to_number(text.substr(8, 2));
  if (text[7] != '-' || !day) return std::nullopt;
  return Period::day(*year, *month, *day);
}

Timestamp begin_of_day(const Zone& zone, std::int64_t day) {
  // What microseconds hold in 64 bits, but for a margin that no zone's offset exceeds.
  constexpr std::int64_t kFarthest = 106'751'000;
  if (day < -kFarthest || day > kFarthest) {
    raise(ErrorCode::invalid_argument, "the period lies beyond all timestamps",
          {.hint = "Choose one nearer to the present."});
  }
  return Timestamp::from_postgres_micros(zone.day_begin(day));
}

}  // namespace

enum class Period::Kind : char { fixed, calendar, ago, last_days };

Period::Period(Unit unit, std::int64_t ago) noexcept
    : kind_(Kind::ago), unit_(unit), number_(ago) {}

Period Period::between(std::optional<Timestamp> start, std::optional<Timestamp> end) {
  if (start && end && *end < *start) {
    raise(ErrorCode::invalid_argument,
          "the period ends at " + end->to_string() + ", before it starts at " + start->to_string(),
          {.hint = "Give the earlier instant first."});
  }
  Period period;
  period.span_ = {start, end};
  return period;
}

Period Period::year(std::int64_t year) {
  Period period(Unit::year, 0);
  check_date({year, 1, 1}, "year " + std::to_string(year));
  period.kind_ = Kind::calendar;
  period.number_ = calendar::days_of({year, 1, 1});
  return period;
}

Period Period::month(std::int64_t year, std::int64_t month) {
  const Date date{year, small(month), 1};
  check_date(date, "month " + std::to_string(year) + dashed(month));
  Period period(Unit::month, calendar::days_of(date));
  period.kind_ = Kind::calendar;
  return period;
}

Period Period::day(std::int64_t year, std::int64_t month, std::int64_t day) {
  const Date date{year, small(month), small(day)};
  check_date(date, "day " + std::to_string(year) + dashed(month) + dashed(day));
  Period period(Unit::day, calendar::days_of(date));
  period.kind_ = Kind::calendar;
  return period;
}

Period Period::last_days(std::int64_t days) {
  if (days < 1 || days > kMostDays) {
    raise(ErrorCode::invalid_argument, std::to_string(days) + " is no number of days to look back",
          {.hint = "Give 1 or more; 1 is yesterday."});
  }
  Period period(Unit::day, 0);
  period.kind_ = Kind::last_days;
  period.days_ = days;
  return period;
}

Period Period::parse(std::string_view label) {
  if (label == "all_time") return all_time();
  if (const auto days = number_in(label, "last_", "_days")) return last_days(*days);
  if (const auto days = number_in(label, "previous_", "_days")) return last_days(*days).previous();
  if (const auto window = parse_window(label)) {
    Period period = last_days(window->first);
    period.number_ = window->second;
    return period;
  }
  for (const auto& [unit, name] : kUnits) {
    if (label == "this_" + std::string(name)) return {unit, 0};
    if (label == "previous_" + std::string(name)) return {unit, 1};
    const auto ago = number_in(label, "", "_" + std::string(name) + "s_ago");
    if (ago && *ago >= 2 && *ago <= kMostDays) return {unit, *ago};
  }
  if (const auto date = parse_date(label)) return *date;
  raise(ErrorCode::invalid_argument,
        "\"" + std::string(label.substr(0, 60)) + "\" is not the name of a period",
        {.hint = "Give one such as last_30_days, this_week, previous_month, 2026, 2026-01 or "
                 "all_time."});
}

std::string Period::label() const {
  if (kind_ == Kind::fixed) return span_ == Span{} ? "all_time" : "custom";
  if (kind_ == Kind::last_days) {
    const std::string days = std::to_string(days_) + "_days";
    if (number_ == 0) return "last_" + days;
    if (number_ == 1) return "previous_" + days;
    return days + "_" + std::to_string(number_) + "_before";
  }
  if (kind_ == Kind::ago) {
    const std::string name = name_of(unit_);
    if (number_ == 0) return "this_" + name;
    if (number_ == 1) return "previous_" + name;
    return std::to_string(number_) + "_" + name + "s_ago";
  }
  const Date date = calendar::date_of(number_);
  std::array<char, 32> text{};
  std::snprintf(text.data(), text.size(), "%04d-%02u-%02u", static_cast<int>(date.year), date.month,
                date.day);
  return std::string(text.data())
      .substr(0, unit_ == Unit::year    ? 4
                 : unit_ == Unit::month ? 7
                                        : 10);
}

Period Period::previous() const {
  Period before = *this;
  if (kind_ == Kind::ago || kind_ == Kind::last_days) {
    ++before.number_;
  } else if (kind_ == Kind::calendar) {
    before.number_ = calendar::unit_after(unit_, number_, -1);
  } else if (span_.start && span_.end && span_.start->is_finite() && span_.end->is_finite()) {
    const std::int64_t length = span_.end->postgres_micros() - span_.start->postgres_micros();
    const std::int64_t start = span_.start->postgres_micros() - length;
    before.span_ = {Timestamp::from_postgres_micros(start), span_.start};
  } else {
    raise(ErrorCode::invalid_argument, "nothing comes before an open period",
          {.hint = "Give the period a start and an end."});
  }
  return before;
}

Span Period::resolve(std::string_view zone_name, std::optional<Timestamp> now,
                     Weekday week_start) const {
  require_known("week_start", week_start);
  const auto zone = Zone::find(zone_name);
  if (kind_ == Kind::fixed) return span_;
  std::int64_t first = number_;
  std::int64_t past_last = 0;
  if (kind_ == Kind::calendar) {
    past_last = calendar::unit_after(unit_, first, 1);
  } else {
    const Timestamp moment = now ? *now : Timestamp::now();
    if (!moment.is_finite()) {
      raise(ErrorCode::invalid_argument, "now is infinite",
            {.hint = "Give an instant, or nothing for the system clock's."});
    }
    const std::int64_t today =
        calendar::floor_divide(zone->local(moment.postgres_micros()), calendar::kMicrosPerDay)
            .quotient;
    if (kind_ == Kind::last_days) {
      past_last = today - number_ * days_;
      first = past_last - days_;
    } else {
      first = calendar::unit_after(unit_, calendar::unit_begin(unit_, today, week_start), -number_);
      past_last = calendar::unit_after(unit_, first, 1);
    }
  }
  return {begin_of_day(*zone, first), begin_of_day(*zone, past_last)};
}

}  // namespace playmirror
