/// \file
/// playmirror._core: the C++ library as the Python package playmirror uses it. Private: its classes
/// take and give what the public ones in python/playmirror/ document.

#include "bind.hpp"
#include "errors.hpp"
#include "gil.hpp"

#include <playmirror/version.hpp>

/// The module itself; Python loads it by PyInit__core below.
PYBIND11_MODULE(_core_of_main, module) {
  namespace python = playmirror::python;
  module.attr("__version__") = playmirror::kVersion;
  python::watch_for_the_end();
  python::translate_errors();
  python::bind_timestamp(module);
  python::bind_table(module);
  python::bind_collections(module);
  python::bind_period(module);
  python::bind_stats(module);
  python::bind_metrics(module);
  python::bind_mirror(module);
  python::bind_server(module);
  python::bind_watcher(module);
}

/// In a subinterpreter pybind11 would wait for the GIL that this thread has, for ever.
extern "C" PYBIND11_EXPORT PyObject* PyInit__core() {
  if (PyInterpreterState_Get() == PyInterpreterState_Main()) return PyInit__core_of_main();
  PyErr_SetString(PyExc_ImportError,
                  "playmirror works in the main interpreter only, not in a subinterpreter; threads "
                  "and processes are supported");
  return nullptr;
}
