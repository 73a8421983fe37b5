#include "describe.hpp"

#include <playmirror/error.hpp>

#include <string_view>

namespace playmirror::python {

py::object find_class(const char* name) {
  py::object found = py::module_::import("playmirror");
  std::string_view rest = name;
  while (!rest.empty()) {
    const std::size_t dot = rest.find('.');
    found = found.attr(py::str(std::string(rest.substr(0, dot))));
    rest = dot == std::string_view::npos ? std::string_view() : rest.substr(dot + 1);
  }
  return found;
}

const py::object& ClassOnce::get(const char* name) {
  return found_.call_once_and_store_result([name] { return find_class(name); }).get_stored();
}

std::size_t position(py::handle key, std::span<const py::object> names) {
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (names[i].is(key)) return i;
  }
  if (!PyUnicode_Check(key.ptr())) return names.size();
  for (std::size_t i = 0; i < names.size(); ++i) {
    if (PyUnicode_Compare(names[i].ptr(), key.ptr()) == 0) return i;
  }
  return names.size();
}

Instance::Instance(py::handle type) {
  const py::tuple none;
  object_ = py::reinterpret_steal<py::object>(PyBaseObject_Type.tp_new(
      reinterpret_cast<PyTypeObject*>(type.ptr()), none.ptr(), /*kwds=*/nullptr));
  if (!object_) throw py::error_already_set();
}

void Instance::set(py::handle name, py::handle value) {
  if (PyObject_GenericSetAttr(object_.ptr(), name.ptr(), value.ptr()) != 0) {
    throw py::error_already_set();
  }
  may_be_in_cycle_ = may_be_in_cycle_ || PyObject_GC_IsTracked(value.ptr()) != 0;
}

py::object Instance::take() && {
  if (!may_be_in_cycle_) PyObject_GC_UnTrack(object_.ptr());
  return std::move(object_);
}

void unexpected_keyword(py::handle name) {
  // As Python itself says it of calls; options may come as a dict as well.
  if (!PyUnicode_Check(name.ptr())) throw py::type_error("keywords must be strings");
  // A text may hold what std::string and UTF-8 cannot.
  PyErr_Format(PyExc_TypeError, "unexpected keyword argument '%U'", name.ptr());
  throw py::error_already_set();
}

py::object enum_member(py::handle type, const char* value) { return type(value); }

void unknown_name(const char* name, const std::string& text,
                  std::initializer_list<const char*> known) {
  std::string names;
  for (const char* each : known) names += (names.empty() ? "'" : ", '") + std::string(each) + "'";
  raise(ErrorCode::invalid_argument,
        std::string(name) + " must be one of " + names + ", not '" + text + "'",
        {.hint = "Spell it as one of these."});
}

}  // namespace playmirror::python
