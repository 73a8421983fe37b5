/// \file
/// playmirror.Timestamp. It equals, sorts with and hashes like the aware datetime of the same
/// instant, so that lists in which only some instants fit into a datetime stay usable.

#include "bind.hpp"
#include "convert_time.hpp"

#include <playmirror/error.hpp>
#include <playmirror/timestamp.hpp>

#include <compare>
#include <optional>
#include <string>
#include <utility>

namespace playmirror::python {

namespace {

/// Any object, of which signatures say what it shall be. What it is, Convert finds out, whose
/// messages name the parameter.
template <typename Said>
class ObjectSaidToBe : public py::object {
 public:
  using py::object::object;
  ObjectSaidToBe(py::object given) : py::object(std::move(given)) {}
  static bool check_(py::handle /*object*/) { return true; }
};

struct AnInstant {
  static constexpr auto kName = py::detail::const_name("datetime.datetime | playmirror.Timestamp");
};
struct AnInstantOrText {
  static constexpr auto kName =
      py::detail::const_name("datetime.datetime | playmirror.Timestamp | str");
};
struct ADatetime {
  static constexpr auto kName = py::detail::const_name("datetime.datetime");
};
struct Text {
  static constexpr auto kName = py::detail::const_name("str");
};
struct Integer {
  static constexpr auto kName = py::detail::const_name("int");
};
struct Truth {
  static constexpr auto kName = py::detail::const_name("bool");
};

}  // namespace

}  // namespace playmirror::python

namespace pybind11::detail {

template <typename Said>
struct handle_type_name<playmirror::python::ObjectSaidToBe<Said>> {
  static constexpr auto name = Said::kName;
};

}  // namespace pybind11::detail

namespace playmirror::python {

namespace {

/// The other side of a comparison, or nothing when it is no instant.
std::optional<Timestamp> comparable(py::handle other) {
  if (!is_aware_instant(other)) return std::nullopt;
  return from_python<Timestamp>(other, "other");
}

template <typename Other, typename Holds>
auto comparison(Holds holds) {
  return [holds](Timestamp self, const Other& other) -> ObjectSaidToBe<Truth> {
    const auto instant = comparable(other);
    if (!instant) return py::reinterpret_borrow<py::object>(Py_NotImplemented);
    return py::object(py::bool_(holds(self <=> *instant)));
  };
}

ObjectSaidToBe<ADatetime> datetime_or_throw(Timestamp self) {
  if (auto datetime = to_datetime(self)) return *std::move(datetime);
  raise(ErrorCode::invalid_argument,
        self.to_string() + " lies outside the years 1 to 9999 of a datetime",
        {.hint = "Use it as a Timestamp: it compares with datetimes."});
}

/// A method that takes no None for `self`, which would be a null pointer to a method bound as it
/// is.
template <typename Result>
auto of_value(Result (Timestamp::*method)() const) {
  return [method](const Timestamp& self) { return (self.*method)(); };
}

Py_ssize_t hash_of(Timestamp self) {
  if (const auto datetime = to_datetime(self)) return py::hash(*datetime);
  return py::hash(py::int_(self.postgres_micros()));
}

constexpr auto kDoc =
    R"(An instant in UTC, exact to the microsecond: every value of PostgreSQL's timestamp.

Instants that a datetime can hold arrive as aware datetimes; this class is for the others: infinity,
-infinity, years before 1 and after 9999. It compares with, and hashes like, aware datetimes.

Timestamp(instant) takes an aware datetime, a Timestamp, or ISO 8601 text with a zone.

    >>> Timestamp.parse("infinity") > datetime.now(timezone.utc)
    True
)";

}  // namespace

void bind_timestamp(py::module_& module) {
  py::class_<Timestamp> timestamp(module, "Timestamp", py::is_final(), kDoc);
  timestamp.attr("__module__") = "playmirror";
  timestamp
      .def(py::init([](const ObjectSaidToBe<AnInstantOrText>& instant) {
             return from_python<Timestamp>(instant, "instant");
           }),
           py::arg("instant"))
      .def_static(
          "from_postgres_micros",
          [](const ObjectSaidToBe<Integer>& micros) {
            return Timestamp::from_postgres_micros(from_python<std::int64_t>(micros, "micros"));
          },
          py::arg("micros"),
          "From microseconds since 2000-01-01T00:00:00Z; the extremes are the infinities.")
      .def_static(
          "from_unix_micros",
          [](const ObjectSaidToBe<Integer>& micros) {
            return Timestamp::from_unix_micros(from_python<std::int64_t>(micros, "micros"));
          },
          py::arg("micros"), "From microseconds since 1970-01-01T00:00:00Z.")
      .def_static("infinity", &Timestamp::infinity, "Later than every other instant.")
      .def_static("negative_infinity", &Timestamp::negative_infinity,
                  "Earlier than every other instant.")
      .def_static("now", &Timestamp::now, "The system clock's present instant.")
      .def_static(
          "parse",
          [](const ObjectSaidToBe<Text>& text) {
            return Timestamp::parse(from_python<std::string>(text, "text"));
          },
          py::arg("text"),
          "From ISO 8601 with a zone, 'infinity' or '-infinity'; a year may end in ' BC'. Raises "
          "InvalidArgument, also for a time without a zone.")
      .def_static(
          "parse_postgres",
          [](const ObjectSaidToBe<Text>& text) {
            return Timestamp::parse_postgres(from_python<std::string>(text, "text"));
          },
          py::arg("text"),
          "From the text in a mirror file's timestamp columns. Raises InvalidArgument.")
      .def("is_finite", of_value(&Timestamp::is_finite),
           "Whether it is neither infinity nor -infinity.")
      .def("postgres_micros", of_value(&Timestamp::postgres_micros),
           "Microseconds since 2000-01-01T00:00:00Z; the 64-bit extremes for the infinities.")
      .def("unix_micros", of_value(&Timestamp::unix_micros),
           "Microseconds since 1970-01-01T00:00:00Z. Raises InvalidArgument where they do not fit.")
      .def("to_datetime", &datetime_or_throw,
           "The aware datetime in UTC. Raises InvalidArgument outside the years 1 to 9999.")
      .def("to_string", of_value(&Timestamp::to_string), "ISO 8601, as parse() reads it.")
      .def("to_postgres_string", of_value(&Timestamp::to_postgres_string),
           "As PostgreSQL and the mirror file write it.")
      .def("__str__", of_value(&Timestamp::to_string))
      .def("__repr__", [](Timestamp self) { return "Timestamp('" + self.to_string() + "')"; })
      .def("__hash__", &hash_of)
      .def("__eq__", comparison<py::object>([](auto order) { return order == 0; }))
      .def("__lt__", comparison<ObjectSaidToBe<AnInstant>>([](auto order) { return order < 0; }))
      .def("__le__", comparison<ObjectSaidToBe<AnInstant>>([](auto order) { return order <= 0; }))
      .def("__gt__", comparison<ObjectSaidToBe<AnInstant>>([](auto order) { return order > 0; }))
      .def("__ge__", comparison<ObjectSaidToBe<AnInstant>>([](auto order) { return order >= 0; }))
      .def(py::pickle([](Timestamp self) { return py::int_(self.postgres_micros()); },
                      [](py::int_ micros) {
                        return Timestamp::from_postgres_micros(micros.cast<std::int64_t>());
                      }));
}

}  // namespace playmirror::python
