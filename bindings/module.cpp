/// \file
/// playmirror._core: the C++ library as the Python package playmirror uses it. Private: its classes
/// take and give what the public ones in python/playmirror/ document.

#include "bind.hpp"
#include "errors.hpp"

#include <playmirror/version.hpp>

PYBIND11_MODULE(_core, module) {
  namespace python = playmirror::python;
  module.attr("__version__") = playmirror::kVersion;
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
