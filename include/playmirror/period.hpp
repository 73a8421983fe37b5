#pragma once

#include <playmirror/export.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// Spans of time to count in, and the calendar that cuts them.
namespace playmirror {

/// A piece of the local calendar.
enum class Unit { hour, day, week, month, quarter, year };

/// A day of the week.
enum class Weekday { monday, tuesday, wednesday, thursday, friday, saturday, sunday };

/// A half-open span of instants: start <= t < end. A side that is missing is open.
struct Span {
  std::optional<Timestamp> start = {};
  std::optional<Timestamp> end = {};  ///< exclusive

  friend bool operator==(const Span&, const Span&) = default;
};

/// A period by name: a year, the last 30 days, this week. Which instants it covers depends on the
/// time zone, on the day that weeks begin with, and for the ones counted from today on `now`;
/// resolve() says. Days, weeks, months, quarters and years are those of the local calendar, so a
/// day may last 23 or 25 hours.
///
/// A plain value, safe to share between threads.
class PLAYMIRROR_EXPORT Period {
 public:
  /// Everything, plays without a time included.
  Period() = default;
  [[nodiscard]] static Period all_time() { return {}; }  ///< likewise

  /// From `start` to `end`, the end not included; either may be open. Throws InvalidArgument when
  /// the end lies before the start.
  [[nodiscard]] static Period between(std::optional<Timestamp> start, std::optional<Timestamp> end);

  /// A calendar year, 1 to 9999. Throws InvalidArgument for any other.
  [[nodiscard]] static Period year(std::int64_t year);

  /// A calendar month, 1 to 12. Throws InvalidArgument for one that does not exist.
  [[nodiscard]] static Period month(std::int64_t year, std::int64_t month);

  /// A calendar day. Throws InvalidArgument for one that does not exist.
  [[nodiscard]] static Period day(std::int64_t year, std::int64_t month, std::int64_t day);

  /// The `days` whole days before today: 1 is yesterday. Throws InvalidArgument below 1.
  [[nodiscard]] static Period last_days(std::int64_t days);

  /// The day that `now` lies in, whole: its end may be in the future.
  [[nodiscard]] static Period this_day() { return {Unit::day, 0}; }
  [[nodiscard]] static Period this_week() { return {Unit::week, 0}; }        ///< likewise
  [[nodiscard]] static Period this_month() { return {Unit::month, 0}; }      ///< likewise
  [[nodiscard]] static Period this_quarter() { return {Unit::quarter, 0}; }  ///< likewise
  [[nodiscard]] static Period this_year() { return {Unit::year, 0}; }        ///< likewise

  /// The day before that one.
  [[nodiscard]] static Period previous_day() { return {Unit::day, 1}; }
  [[nodiscard]] static Period previous_week() { return {Unit::week, 1}; }        ///< likewise
  [[nodiscard]] static Period previous_month() { return {Unit::month, 1}; }      ///< likewise
  [[nodiscard]] static Period previous_quarter() { return {Unit::quarter, 1}; }  ///< likewise
  [[nodiscard]] static Period previous_year() { return {Unit::year, 1}; }        ///< likewise

  /// Reads what label() writes, `custom` aside. Throws InvalidArgument.
  [[nodiscard]] static Period parse(std::string_view label);

  /// The name as the server spells such things: `last_30_days`, `this_week`, `previous_month`,
  /// `3_months_ago`, `2026`, `2026-01`, `2026-01-31`, `all_time`; `custom` for between().
  [[nodiscard]] std::string label() const;

  /// The period before this one, equally long by the calendar: the month before a month, whatever
  /// their days. Before between() with two ends: as many microseconds. Throws InvalidArgument for
  /// an open period, which has none.
  [[nodiscard]] Period previous() const;

  /// The instants covered. `zone` is an IANA name; `now` is read from the system clock when it is
  /// not given, and matters to the periods counted from today only. Throws InvalidArgument for an
  /// unknown zone.
  [[nodiscard]] Span resolve(std::string_view zone = "UTC",
                             std::optional<Timestamp> now = std::nullopt,
                             Weekday week_start = Weekday::monday) const;

  friend bool operator==(const Period&, const Period&) = default;

 private:
  enum class Kind : char;
  Period(Unit unit, std::int64_t ago) noexcept;

  Kind kind_ = {};
  Unit unit_ = Unit::day;  ///< of calendar and ago
  std::int64_t number_ =
      0;                   ///< calendar: the first day, since 2000-01-01; else units or windows ago
  std::int64_t days_ = 0;  ///< of last_days
  Span span_ = {};         ///< of fixed
};

}  // namespace playmirror
