/// \file
/// C++ errors become the Python exceptions of the same names, defined in playmirror.errors.
#pragma once

namespace playmirror::python {

/// Makes pybind11 raise playmirror.Error and its subclasses. Once, when the module is made.
void translate_errors();

}  // namespace playmirror::python
