/// \file
/// playmirror.Period, which the Python class of that name holds.

#include "bind.hpp"
#include "convert_period.hpp"
#include "convert_time.hpp"
#include "describe.hpp"

#include <playmirror/period.hpp>
#include <playmirror/period_members.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace playmirror::python {

namespace {

py::object resolve(const Period& period, py::handle zone, py::handle now, py::handle week_start) {
  return to_python(period.resolve(zone_name(zone, "zone"),
                                  from_python<std::optional<Timestamp>>(now, "now"),
                                  from_python<Weekday>(week_start, "week_start")));
}

}  // namespace

Period Convert<Period>::from_python(py::handle object, const char* name) {
  if (PyUnicode_Check(object.ptr())) {
    return Period::parse(python::from_python<std::string>(object, name));
  }
  const py::object core = py::getattr(object, "_core", py::none());
  if (!py::isinstance<Period>(core)) wrong_type(name, "a Period, or the name of one", object);
  return py::cast<Period>(core);
}

void bind_period(py::module_& module) {
  const auto number = [](py::handle object, const char* name) {
    return from_python<std::int64_t>(object, name);
  };
  py::class_<Period> period(module, "Period");
  period.def(py::init<>())
      .def_static("between",
                  [](py::handle start, py::handle end) {
                    return Period::between(from_python<std::optional<Timestamp>>(start, "start"),
                                           from_python<std::optional<Timestamp>>(end, "end"));
                  })
      .def_static("year", [=](py::handle year) { return Period::year(number(year, "year")); })
      .def_static("month",
                  [=](py::handle year, py::handle month) {
                    return Period::month(number(year, "year"), number(month, "month"));
                  })
      .def_static("day",
                  [=](py::handle year, py::handle month, py::handle day) {
                    return Period::day(number(year, "year"), number(month, "month"),
                                       number(day, "day"));
                  })
      .def_static("last_days",
                  [=](py::handle days) { return Period::last_days(number(days, "days")); })
      .def_static(
          "parse",
          [](py::handle label) { return Period::parse(from_python<std::string>(label, "label")); })
      .def("label", &Period::label)
      .def("previous", &Period::previous)
      .def("resolve", &resolve)
      .def("__eq__", [](const Period& left, const Period& right) { return left == right; });
}

}  // namespace playmirror::python
