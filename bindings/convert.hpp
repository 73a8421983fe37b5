/// \file
/// Values on their way between Python and C++: numbers, text, containers.
///
/// to_python(value) and from_python<T>(object, name) work for every T that has a Convert<T>; `name`
/// is what messages call the value. Both need the GIL. A Python object of the wrong type is a
/// TypeError; one of the right type that cannot be taken is InvalidArgument.
///
/// convert_time.hpp adds points and lengths of time, describe.hpp structs and enums.
#pragma once

#include <playmirror/value.hpp>

#include <cstdint>
#include <filesystem>
#include <map>
#include <optional>
#include <pybind11/pybind11.h>
#include <string>
#include <type_traits>
#include <utility>
#include <vector>

namespace playmirror::python {

namespace py = pybind11;

template <typename T>
struct Convert;

/// What is given away is moved: a long list of records is not copied.
template <typename T>
[[nodiscard]] py::object to_python(T&& value) {
  return Convert<std::remove_cvref_t<T>>::to_python(std::forward<T>(value));
}

template <typename T>
[[nodiscard]] T from_python(py::handle object, const char* name) {
  return Convert<T>::from_python(object, name);
}

/// Throws TypeError: "`name` must be `expected`, not `type of object`".
[[noreturn]] void wrong_type(const char* name, const char* expected, py::handle object);

template <>
struct Convert<bool> {
  static py::object to_python(bool value) { return py::bool_(value); }
  static bool from_python(py::handle object, const char* name);
};

template <>
struct Convert<std::int64_t> {
  static py::object to_python(std::int64_t value) { return py::int_(value); }
  static std::int64_t from_python(py::handle object, const char* name);
};

template <>
struct Convert<double> {
  static py::object to_python(double value) { return py::float_(value); }
  static double from_python(py::handle object, const char* name);
};

/// Text. Bytes that are not UTF-8, which only sql() can produce, arrive as Python's surrogate
/// escapes, so that nothing is lost.
template <>
struct Convert<std::string> {
  static py::object to_python(const std::string& value);
  static std::string from_python(py::handle object, const char* name);
};

template <>
struct Convert<std::filesystem::path> {
  static py::object to_python(const std::filesystem::path& value);
  static std::filesystem::path from_python(py::handle object, const char* name);
};

/// None, int, float, str and bytes are SQL's five types. A bool is an integer, and a point in time
/// is the text that the mirror's timestamp columns hold, so that the two compare.
template <>
struct Convert<Value> {
  static py::object to_python(const Value& value);
  static Value from_python(py::handle object, const char* name);
};

template <typename T>
struct Convert<std::optional<T>> {
  static py::object to_python(const std::optional<T>& value) {
    return value ? Convert<T>::to_python(*value) : py::none();
  }
  static std::optional<T> from_python(py::handle object, const char* name) {
    if (object.is_none()) return std::nullopt;
    return Convert<T>::from_python(object, name);
  }
};

template <typename T>
struct Convert<std::vector<T>> {
  static py::object to_python(const std::vector<T>& values) {
    py::list list(values.size());
    std::size_t index = 0;
    for (const T& value : values) list[index++] = Convert<T>::to_python(value);
    return list;
  }
  /// Any iterable but text, whose letters are hardly meant, and a dict, whose keys are as little.
  static std::vector<T> from_python(py::handle object, const char* name) {
    if (PyUnicode_Check(object.ptr()) || PyBytes_Check(object.ptr()) ||
        PyDict_Check(object.ptr()) || !py::isinstance<py::iterable>(object)) {
      wrong_type(name, "a sequence", object);
    }
    std::vector<T> values;
    for (const py::handle item : py::iter(object)) {
      values.push_back(Convert<T>::from_python(item, name));
    }
    return values;
  }
};

template <typename T>
struct Convert<std::map<std::string, T>> {
  static py::object to_python(const std::map<std::string, T>& values) {
    py::dict dict;
    for (const auto& [key, value] : values) {
      dict[Convert<std::string>::to_python(key)] = Convert<T>::to_python(value);
    }
    return dict;
  }
};

}  // namespace playmirror::python
