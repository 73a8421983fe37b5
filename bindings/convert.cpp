#include "convert.hpp"

#include "convert_time.hpp"

#include <playmirror/error.hpp>

#include <pybind11/stl/filesystem.h>

namespace playmirror::python {

namespace {

/// Text as UTF-8. A surrogate escape becomes the byte that it stands for, as in text that came from
/// here: what may not hold such bytes, the library refuses. Other lone surrogates are no
/// characters.
std::string utf8(py::handle text, const char* name) {
  Py_ssize_t size = 0;
  if (const char* data = PyUnicode_AsUTF8AndSize(text.ptr(), &size)) {
    return {data, static_cast<std::size_t>(size)};
  }
  PyErr_Clear();
  const auto bytes = py::reinterpret_steal<py::bytes>(
      PyUnicode_AsEncodedString(text.ptr(), "utf-8", "surrogateescape"));
  if (!bytes) {
    PyErr_Clear();
    raise(ErrorCode::invalid_argument,
          std::string(name) + " holds a lone surrogate, which is no character",
          {.hint = "Replace it, for example with text.encode('utf-8', 'replace').decode()."});
  }
  return bytes;
}

std::string bytes_of(py::handle object) {
  Py_buffer view;
  if (PyObject_GetBuffer(object.ptr(), &view, PyBUF_SIMPLE) != 0) throw py::error_already_set();
  std::string bytes(static_cast<const char*>(view.buf), static_cast<std::size_t>(view.len));
  PyBuffer_Release(&view);
  return bytes;
}

}  // namespace

void wrong_type(const char* name, const char* expected, py::handle object) {
  throw py::type_error(std::string(name) + " must be " + expected + ", not " +
                       Py_TYPE(object.ptr())->tp_name);
}

bool Convert<bool>::from_python(py::handle object, const char* name) {
  py::detail::make_caster<bool> caster;  // knows numpy's bool as well
  if (!caster.load(object, /*convert=*/false)) wrong_type(name, "bool", object);
  return caster;
}

std::int64_t Convert<std::int64_t>::from_python(py::handle object, const char* name) {
  if (!PyIndex_Check(object.ptr())) wrong_type(name, "int", object);
  const auto integer = py::reinterpret_steal<py::object>(PyNumber_Index(object.ptr()));
  if (!integer) throw py::error_already_set();
  int overflow = 0;
  const long long value = PyLong_AsLongLongAndOverflow(integer.ptr(), &overflow);
  if (overflow != 0) {
    raise(ErrorCode::invalid_argument, std::string(name) + " does not fit into 64 bits",
          {.hint = "Give a number from -2**63 to 2**63 - 1."});
  }
  return value;
}

double Convert<double>::from_python(py::handle object, const char* name) {
  if (PyNumber_Check(object.ptr()) == 0) wrong_type(name, "float", object);
  const double value = PyFloat_AsDouble(object.ptr());
  if (value == -1.0 && PyErr_Occurred() != nullptr) throw py::error_already_set();
  return value;
}

py::object Convert<std::string>::to_python(const std::string& value) {
  PyObject* text =
      PyUnicode_DecodeUTF8(value.data(), static_cast<Py_ssize_t>(value.size()), "surrogateescape");
  if (text == nullptr) throw py::error_already_set();
  return py::reinterpret_steal<py::object>(text);
}

std::string Convert<std::string>::from_python(py::handle object, const char* name) {
  if (!PyUnicode_Check(object.ptr())) wrong_type(name, "str", object);
  return utf8(object, name);
}

py::object Convert<std::filesystem::path>::to_python(const std::filesystem::path& value) {
  return py::cast(value);
}

std::filesystem::path Convert<std::filesystem::path>::from_python(py::handle object,
                                                                  const char* name) {
  py::detail::make_caster<std::filesystem::path> caster;
  if (!caster.load(object, /*convert=*/true)) {
    const bool is_path = PyUnicode_Check(object.ptr()) || PyBytes_Check(object.ptr()) ||
                         py::hasattr(object, "__fspath__");
    if (is_path) {
      raise(ErrorCode::invalid_argument,
            std::string(name) + " is no path: it holds what no path can, such as NUL",
            {.hint = "Give the path of a file."});
    }
    wrong_type(name, "str or os.PathLike", object);
  }
  return py::detail::cast_op<std::filesystem::path&>(caster);
}

py::object Convert<Value>::to_python(const Value& value) {
  struct Visitor {
    py::object operator()(std::monostate) const { return py::none(); }
    py::object operator()(std::int64_t number) const { return py::int_(number); }
    py::object operator()(double number) const { return py::float_(number); }
    py::object operator()(const std::string& text) const { return python::to_python(text); }
    py::object operator()(const Blob& blob) const { return py::bytes(blob.bytes); }
  };
  return std::visit(Visitor{}, value);
}

Value Convert<Value>::from_python(py::handle object, const char* name) {
  if (object.is_none()) return std::monostate{};
  if (py::detail::make_caster<bool> caster; caster.load(object, /*convert=*/false)) {
    return std::int64_t{static_cast<bool>(caster)};
  }
  if (PyUnicode_Check(object.ptr())) return utf8(object, name);
  if (PyFloat_Check(object.ptr())) return PyFloat_AS_DOUBLE(object.ptr());
  if (PyIndex_Check(object.ptr())) return python::from_python<std::int64_t>(object, name);
  if (is_instant(object)) {
    return python::from_python<Timestamp>(object, name).to_postgres_string();
  }
  // Named one by one: numpy's numbers have a buffer too, and are no BLOBs.
  if (PyBytes_Check(object.ptr()) || PyByteArray_Check(object.ptr()) ||
      PyMemoryView_Check(object.ptr())) {
    return Blob{bytes_of(object)};
  }
  // numpy's shorter floats are no float to Python.
  if (py::isinstance(object, py::module_::import("numbers").attr("Real"))) {
    return python::from_python<double>(object, name);
  }
  wrong_type(name, "None, bool, int, float, str, bytes or a point in time", object);
}

}  // namespace playmirror::python
