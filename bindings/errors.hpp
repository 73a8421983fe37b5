/// \file
/// C++ errors become the Python exceptions of the same names, defined in playmirror.errors.
#pragma once

#include "convert.hpp"

#include <playmirror/error.hpp>

namespace playmirror::python {

/// Makes pybind11 raise playmirror.Error and its subclasses. Once, when the module is made.
void translate_errors();

/// An Error that is told rather than thrown: an exception of the class that its code stands for.
template <>
struct Convert<Error> {
  static py::object to_python(const Error& error);
};

}  // namespace playmirror::python
