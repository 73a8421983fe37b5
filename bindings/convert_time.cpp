#include "convert_time.hpp"

#include <playmirror/error.hpp>

#include <cmath>
#include <cstdlib>
#include <datetime.h>  // part of Python
#include <string>

namespace playmirror::python {

namespace {

using std::chrono::days;
using std::chrono::microseconds;
using std::chrono::seconds;
using std::chrono::sys_days;
using std::chrono::year;

constexpr auto kFirst = sys_days(year(1) / 1 / 1);          // datetime.min
constexpr auto kPastLast = sys_days(year(10'000) / 1 / 1);  // one day past datetime.max
constexpr auto kPostgresEpoch = sys_days(year(2000) / 1 / 1);

void import_datetime() {
  if (PyDateTimeAPI == nullptr) {
    PyDateTime_IMPORT;
    if (PyDateTimeAPI == nullptr) throw py::error_already_set();
  }
}

microseconds length_of(py::handle timedelta) {
  return days(PyDateTime_DELTA_GET_DAYS(timedelta.ptr())) +
         seconds(PyDateTime_DELTA_GET_SECONDS(timedelta.ptr())) +
         microseconds(PyDateTime_DELTA_GET_MICROSECONDS(timedelta.ptr()));
}

/// None for a naive datetime. Null for pandas' NaT, which is a datetime, but no point in time: its
/// offset is NaT too or, since pandas 3, an error.
py::object offset_of(py::handle datetime) {
  if (PyDateTime_DATE_GET_TZINFO(datetime.ptr()) == PyDateTime_TimeZone_UTC) {
    return py::reinterpret_steal<py::object>(PyDelta_FromDSU(0, 0, 0));
  }
  try {
    py::object offset = datetime.attr("utcoffset")();
    if (offset.is_none() || PyDelta_Check(offset.ptr())) return offset;
  } catch (const py::error_already_set& error) {
    if (!error.matches(PyExc_ValueError)) throw;
  }
  return {};
}

Timestamp instant_of(py::handle datetime, const char* name) {
  const py::object offset = offset_of(datetime);
  if (!offset) wrong_type(name, "a point in time", datetime);
  if (offset.is_none()) {
    raise(ErrorCode::invalid_argument,
          std::string(name) + " is a naive datetime: without a zone it names no instant",
          {.hint = "Give it its zone: datetime.now(timezone.utc), or "
                   "value.replace(tzinfo=ZoneInfo('Europe/Berlin'))."});
  }
  PyObject* value = datetime.ptr();
  const auto day =
      sys_days(year(PyDateTime_GET_YEAR(value)) / static_cast<int>(PyDateTime_GET_MONTH(value)) /
               static_cast<int>(PyDateTime_GET_DAY(value)));
  const auto local = day - kPostgresEpoch + std::chrono::hours(PyDateTime_DATE_GET_HOUR(value)) +
                     std::chrono::minutes(PyDateTime_DATE_GET_MINUTE(value)) +
                     seconds(PyDateTime_DATE_GET_SECOND(value)) +
                     microseconds(PyDateTime_DATE_GET_MICROSECOND(value));
  return Timestamp::from_postgres_micros((local - length_of(offset)).count());
}

}  // namespace

bool is_instant(py::handle object) {
  import_datetime();
  return PyDateTime_Check(object.ptr()) || py::isinstance<Timestamp>(object);
}

bool is_aware_instant(py::handle object) {
  if (py::isinstance<Timestamp>(object)) return true;
  if (!is_instant(object)) return false;
  const py::object offset = offset_of(object);
  return offset && !offset.is_none();
}

std::optional<py::object> to_datetime(Timestamp instant) {
  import_datetime();
  if (!instant.is_finite()) return std::nullopt;
  // Kept as a distance: PostgreSQL's range is wider than microseconds since 1970 can hold.
  const auto distance = microseconds(instant.postgres_micros());
  const auto since_epoch = std::chrono::floor<days>(distance);
  const sys_days day = kPostgresEpoch + since_epoch;
  if (day < kFirst || day >= kPastLast) return std::nullopt;

  const std::chrono::year_month_day date(day);
  const std::chrono::hh_mm_ss time(distance - since_epoch);
  PyObject* result = PyDateTimeAPI->DateTime_FromDateAndTime(
      static_cast<int>(date.year()), static_cast<int>(static_cast<unsigned>(date.month())),
      static_cast<int>(static_cast<unsigned>(date.day())), static_cast<int>(time.hours().count()),
      static_cast<int>(time.minutes().count()), static_cast<int>(time.seconds().count()),
      static_cast<int>(time.subseconds().count()), PyDateTime_TimeZone_UTC,
      PyDateTimeAPI->DateTimeType);
  if (result == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

py::object to_date(sys_days day) {
  import_datetime();
  const std::chrono::year_month_day date(day);
  PyObject* result = PyDate_FromDate(static_cast<int>(date.year()),
                                     static_cast<int>(static_cast<unsigned>(date.month())),
                                     static_cast<int>(static_cast<unsigned>(date.day())));
  if (result == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

namespace {

/// The tzinfo itself, or of a fixed offset one without a name: the present name of an offset, such
/// as CET, can be that of a zone that has other offsets too.
py::object name_giver(py::handle tzinfo) {
  if (Py_TYPE(tzinfo.ptr()) != Py_TYPE(PyDateTime_TimeZone_UTC)) {
    return py::reinterpret_borrow<py::object>(tzinfo);
  }
  const py::object offset = tzinfo.attr("utcoffset")(py::none());
  PyObject* unnamed = PyTimeZone_FromOffset(offset.ptr());
  if (unnamed == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(unnamed);
}

}  // namespace

std::string zone_name(py::handle object, const char* name) {
  import_datetime();
  if (PyTZInfo_Check(object.ptr())) return py::str(name_giver(object));
  if (!PyUnicode_Check(object.ptr())) wrong_type(name, "str or a tzinfo", object);
  return python::from_python<std::string>(object, name);
}

sys_days from_date(py::handle date, const char* name) {
  import_datetime();
  if (!PyDate_Check(date.ptr())) wrong_type(name, "a date", date);
  return year(PyDateTime_GET_YEAR(date.ptr())) /
         static_cast<int>(PyDateTime_GET_MONTH(date.ptr())) /
         static_cast<int>(PyDateTime_GET_DAY(date.ptr()));
}

py::object to_timedelta(microseconds length) {
  import_datetime();
  const auto whole_days = std::chrono::floor<days>(length);
  const auto rest = length - whole_days;
  const auto whole_seconds = std::chrono::floor<seconds>(rest);
  PyObject* result =
      PyDelta_FromDSU(static_cast<int>(whole_days.count()), static_cast<int>(whole_seconds.count()),
                      static_cast<int>((rest - whole_seconds).count()));
  if (result == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(result);
}

microseconds from_timedelta(py::handle object, const char* name) {
  import_datetime();
  constexpr int kDays = 36'525;  // a century: far from overflow wherever it is added
  if (PyDelta_Check(object.ptr())) {
    if (std::abs(PyDateTime_DELTA_GET_DAYS(object.ptr())) <= kDays) return length_of(object);
  } else {
    if (PyNumber_Check(object.ptr()) == 0) wrong_type(name, "timedelta or seconds", object);
    const double length = from_python<double>(object, name);
    if (std::abs(length) <= kDays * 86'400.0) return microseconds(std::llround(length * 1e6));
  }
  raise(ErrorCode::invalid_argument, std::string(name) + " is no sensible length of time",
        {.hint = "Give a timedelta, or a number of seconds, of less than a century."});
}

py::object Convert<Timestamp>::to_python(Timestamp instant) {
  if (auto datetime = to_datetime(instant)) return *std::move(datetime);
  return py::cast(instant);
}

Timestamp Convert<Timestamp>::from_python(py::handle object, const char* name) {
  import_datetime();
  if (PyDateTime_Check(object.ptr())) return instant_of(object, name);
  if (py::isinstance<Timestamp>(object)) return py::cast<Timestamp>(object);
  if (PyUnicode_Check(object.ptr())) {
    const auto text = python::from_python<std::string>(object, name);
    try {
      return Timestamp::parse(text);
    } catch (const InvalidArgument& error) {  // which does not know whose text it is
      raise(error.code(), std::string(name) + ": " + error.what(), {.hint = error.hint()});
    }
  }
  wrong_type(name, "an aware datetime, a Timestamp, or ISO 8601 text with a zone", object);
}

}  // namespace playmirror::python
