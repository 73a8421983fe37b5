/// \file
/// A period on its way from Python: a playmirror.Period, or the name of one.
#pragma once

#include "convert.hpp"

#include <playmirror/period.hpp>

namespace playmirror::python {

template <>
struct Convert<Period> {
  static Period from_python(py::handle object, const char* name);
};

}  // namespace playmirror::python
