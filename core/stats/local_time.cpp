#include "core/stats/local_time.hpp"

#include "core/known_value.hpp"
#include "core/time/units.hpp"

#include <playmirror/error.hpp>
#include <playmirror/period_members.hpp>

#include <algorithm>
#include <array>
#include <cstdio>

namespace playmirror::stats {
namespace {

using calendar::floor_divide;
using calendar::kMicrosPerDay;

constexpr std::int64_t kCalendarBegin =
    calendar::days_of({1, 1, 8}) * kMicrosPerDay + kUnixToPostgres;
constexpr std::int64_t kCalendarEnd =
    calendar::days_of({9999, 12, 30}) * kMicrosPerDay + kUnixToPostgres;
constexpr std::size_t kMostPieces = 1'000'000;

void check_size(std::size_t pieces) {
  if (pieces <= kMostPieces) return;
  raise(ErrorCode::invalid_argument, "the period has more than a million such units of time",
        {.hint = "Give a shorter period or a longer unit: a play with an odd time can lie "
                 "centuries before the others."});
}

/// A unit of the local calendar: a number that rises, and the local time at which the next begins.
struct LocalUnit {
  std::int64_t number;
  std::int64_t next;
};

LocalUnit hour_of(std::int64_t local) {
  const std::int64_t hour = floor_divide(local, kMicrosPerHour).quotient;
  return {hour, (hour + 1) * kMicrosPerHour};
}

/// A stretch of time within one unit.
struct Stretch {
  std::int64_t begin;
  std::int64_t unit;
};

/// Cuts `since <= t < until` where units begin by the local clock.
template <typename UnitOf>
std::vector<Stretch> cut(const Zone& zone, std::int64_t since, std::int64_t until,
                         const UnitOf& unit_of) {
  std::vector<Stretch> pieces;
  const std::int64_t last = until - kUnixToPostgres;
  std::int64_t at = since - kUnixToPostgres;
  while (at < last) {
    const Zone::Stretch stretch = zone.at(at);
    const std::int64_t end = std::min(stretch.end, last);
    while (at < end) {
      const LocalUnit unit = unit_of(at + stretch.ahead);
      // Clocks that change within a unit do not begin it anew.
      if (pieces.empty() || pieces.back().unit != unit.number) {
        pieces.push_back({at + kUnixToPostgres, unit.number});
        check_size(pieces.size());
      }
      at = std::min(end, unit.next - stretch.ahead);
    }
  }
  return pieces;
}

/// Where one local day after another begins, which is quick far from where clocks change.
class DayBegins {
 public:
  explicit DayBegins(const Zone& zone) : zone_(zone) {}

  std::int64_t of(std::int64_t day) {
    constexpr std::int64_t kFar = 2 * kMicrosPerDay;  // more than clocks are ever put on or back
    const std::int64_t at = day * kMicrosPerDay - stretch_.ahead;
    if (at - kFar >= stretch_.begin && at + kFar < stretch_.end) return at;
    const std::int64_t begin = zone_.day_begin(day);
    stretch_ = zone_.at(begin);
    return begin;
  }

 private:
  const Zone& zone_;
  Zone::Stretch stretch_ = {0, 0, 0};
};

}  // namespace

Timestamp to_timestamp(std::int64_t unix_micros) {
  return Timestamp::from_postgres_micros(unix_micros - kUnixToPostgres);
}

columns::Period in_calendar(const columns::Period& period) {
  return {std::max(period.since.value_or(kCalendarBegin), kCalendarBegin),
          std::min(period.until.value_or(kCalendarEnd), kCalendarEnd)};
}

void LocalUnits::aim(std::int64_t instant) {
  const std::int64_t at = instant - kUnixToPostgres;
  if (at < stretch_.begin || at >= stretch_.end) stretch_ = zone_.at(at);
  unit_ = floor_divide(at + stretch_.ahead, length_).quotient;
  const std::int64_t begin = unit_ * length_ - stretch_.ahead;
  begin_ = std::max(begin, stretch_.begin) + kUnixToPostgres;
  end_ = std::min(begin + length_, stretch_.end) + kUnixToPostgres;
}

std::size_t hour_of_week(std::int64_t local_hour) {
  const auto [day, hour] = floor_divide(local_hour, 24);
  return static_cast<std::size_t>(calendar::weekday_of(day) * 24 + hour);
}

std::string day_text(std::int64_t day) {
  const calendar::Date date = calendar::date_of(day);
  std::string text = std::to_string(date.year);
  if (text.size() < 4) text.insert(0, 4 - text.size(), '0');
  const auto add = [&](unsigned pair) {
    text += '-';
    text += static_cast<char>('0' + pair / 10);
    text += static_cast<char>('0' + pair % 10);
  };
  add(date.month);
  add(date.day);
  return text;
}

Series::Series(const Zone& zone, Unit unit, Weekday week_start, std::int64_t since,
               std::int64_t until) {
  require_known("unit", unit);
  if (since >= until) return;
  if (unit == Unit::hour) {
    // A day more at each end, so that the first and the last hour are whole.
    const auto hours = cut(zone, since - kMicrosPerDay, until + kMicrosPerDay, hour_of);
    for (std::size_t i = 0; i + 1 < hours.size(); ++i) {
      if (hours[i + 1].begin <= since || hours[i].begin >= until) continue;
      const auto [day, hour] = floor_divide(hours[i].unit, 24);
      std::array<char, 8> clock{};
      std::snprintf(clock.data(), clock.size(), "T%02d:00", static_cast<int>(hour));
      pieces_.push_back({hours[i].begin, std::ssize(buckets_)});
      buckets_.push_back({hours[i].begin, hours[i + 1].begin, day_text(day) + clock.data()});
    }
    return;
  }
  const auto pieces = cut(zone, since, until, [&](std::int64_t local) {
    const std::int64_t day = floor_divide(local, kMicrosPerDay).quotient;
    const std::int64_t first = calendar::unit_begin(unit, day, week_start);
    return LocalUnit{first, calendar::unit_after(unit, first, 1) * kMicrosPerDay};
  });
  // A date that the zone's calendar skips has no piece, but a bucket.
  const auto [low, high] = std::ranges::minmax_element(pieces, {}, &Stretch::unit);
  std::vector<std::int64_t> firsts;
  for (std::int64_t first = low->unit; first <= high->unit;
       first = calendar::unit_after(unit, first, 1)) {
    firsts.push_back(first);
  }
  firsts.push_back(calendar::unit_after(unit, firsts.back(), 1));
  buckets_.reserve(firsts.size() - 1);
  DayBegins begins(zone);
  std::int64_t begin = begins.of(firsts.front()) + kUnixToPostgres;
  for (std::size_t i = 0; i + 1 < firsts.size(); ++i) {
    const std::int64_t end = begins.of(firsts[i + 1]) + kUnixToPostgres;
    buckets_.push_back({begin, end, day_text(firsts[i])});
    begin = end;
  }
  pieces_.reserve(pieces.size());
  auto first = firsts.begin();
  for (const Stretch& piece : pieces) {  // mostly the next one, but clocks may be put back
    while (*first < piece.unit) ++first;
    while (*first > piece.unit) --first;
    pieces_.push_back({piece.begin, first - firsts.begin()});
  }
}

}  // namespace playmirror::stats
