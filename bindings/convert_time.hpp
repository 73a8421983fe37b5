/// \file
/// Time on its way between Python and C++.
///
/// A Timestamp becomes an aware datetime in UTC where datetime reaches (the years 1 to 9999), and
/// playmirror.Timestamp elsewhere. An aware datetime, a Timestamp, or ISO 8601 text with a zone is
/// taken back. A length of time is a timedelta; a number of seconds is taken as well.
#pragma once

#include "convert.hpp"

#include <playmirror/timestamp.hpp>

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>

namespace playmirror::python {

/// Whether the object is a datetime or a Timestamp: a point in time that is not text.
[[nodiscard]] bool is_instant(py::handle object);

/// Whether it is one that names an instant, as a naive datetime and pandas' NaT do not.
[[nodiscard]] bool is_aware_instant(py::handle object);

/// The datetime of an instant, or nothing outside the years 1 to 9999.
[[nodiscard]] std::optional<py::object> to_datetime(Timestamp instant);

/// The date of a day. Throws ValueError outside the years 1 to 9999.
[[nodiscard]] py::object to_date(std::chrono::sys_days day);

/// The day of a date.
[[nodiscard]] std::chrono::sys_days from_date(py::handle date, const char* name);

/// A timedelta of so many microseconds.
[[nodiscard]] py::object to_timedelta(std::chrono::microseconds length);

/// The length of a timedelta, or of a number of seconds.
[[nodiscard]] std::chrono::microseconds from_timedelta(py::handle object, const char* name);

/// The IANA name of a time zone: text, or a tzinfo that goes by it, such as zoneinfo.ZoneInfo.
[[nodiscard]] std::string zone_name(py::handle object, const char* name);

/// A Member that holds one.
template <typename Record>
struct ZoneMember {
  const char* name = nullptr;
  std::string Record::*pointer = nullptr;
};
template <typename Record>
ZoneMember(const char*, std::string Record::*) -> ZoneMember<Record>;

template <typename Record>
[[nodiscard]] std::string keyword_value(const ZoneMember<Record>& member, py::handle value) {
  return zone_name(value, member.name);
}

template <>
struct Convert<Timestamp> {
  static py::object to_python(Timestamp instant);
  static Timestamp from_python(py::handle object, const char* name);
};

template <>
struct Convert<std::chrono::year_month_day> {
  static py::object to_python(std::chrono::year_month_day day) {
    return to_date(std::chrono::sys_days(day));
  }
};

template <typename Rep, typename Period>
struct Convert<std::chrono::duration<Rep, Period>> {
  using Duration = std::chrono::duration<Rep, Period>;

  static py::object to_python(Duration length) { return to_timedelta(length); }
  static Duration from_python(py::handle object, const char* name) {
    return std::chrono::round<Duration>(from_timedelta(object, name));
  }
};

}  // namespace playmirror::python
