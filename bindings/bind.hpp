/// \file
/// What the module is made of: one function for each bind_*.cpp.
#pragma once

#include <pybind11/pybind11.h>

namespace playmirror::python {

namespace py = pybind11;

void bind_timestamp(py::module_& module);
void bind_table(py::module_& module);
void bind_collections(py::module_& module);
void bind_period(py::module_& module);
void bind_stats(py::module_& module);
void bind_metrics(py::module_& module);
void bind_mirror(py::module_& module);
void bind_server(py::module_& module);
void bind_watcher(py::module_& module);

}  // namespace playmirror::python
