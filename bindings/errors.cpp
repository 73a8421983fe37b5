#include "errors.hpp"

#include <exception>
#include <pybind11/pybind11.h>

namespace playmirror::python {

namespace {

template <typename Class>
bool is(const Error& error) {
  return dynamic_cast<const Class*>(&error) != nullptr;
}

struct ErrorClass {
  const char* name;
  bool (*matches)(const Error&);
};

constexpr ErrorClass kClasses[] = {
    {"InvalidArgument", is<InvalidArgument>},
    {"QueryError", is<QueryError>},
    {"MirrorUnusable", is<MirrorUnusable>},
    {"MirrorBusy", is<MirrorBusy>},
    {"StorageError", is<StorageError>},
    {"ServerUnavailable", is<ServerUnavailable>},
    {"AccessDenied", is<AccessDenied>},
    {"SchemaMismatch", is<SchemaMismatch>},
    {"ServerChanged", is<ServerChanged>},
    {"InDoubt", is<InDoubt>},
    {"Cancelled", is<Cancelled>},
};

py::object exception_for(const Error& error) {
  const char* name = "Error";
  for (const ErrorClass& known : kClasses) {
    if (known.matches(error)) {
      name = known.name;
      break;
    }
  }
  using namespace pybind11::literals;
  const py::object type = py::module_::import("playmirror.errors").attr(name);
  return type(to_python(std::string(error.what())), "code"_a = to_string(error.code()),
              "hint"_a = to_python(error.hint()), "sqlstate"_a = error.sqlstate(),
              "retryable"_a = error.retryable(), "outcome"_a = to_string(error.outcome()));
}

}  // namespace

void translate_errors() {
  py::register_local_exception_translator([](std::exception_ptr pointer) {
    try {
      if (pointer) std::rethrow_exception(pointer);
    } catch (const Error& error) {
      try {
        const py::object exception = exception_for(error);
        PyErr_SetObject(py::type::handle_of(exception).ptr(), exception.ptr());
      } catch (py::error_already_set& raised) {
        // Ctrl-C came while the library was at work: Python hears of it where it next runs, which
        // is here. What leaves a translator is lost.
        raised.restore();
      }
    }
  });
}

py::object Convert<Error>::to_python(const Error& error) {
  try {
    raise(error.code(), error.what(), error.details());
  } catch (const Error& typed) {
    return exception_for(typed);
  }
}

}  // namespace playmirror::python
