/// \file
/// The payloads of snapshots, read.

#include "bind.hpp"
#include "convert_time.hpp"
#include "describe.hpp"
#include "gil.hpp"
#include "record_list.hpp"

#include <playmirror/metrics_members.hpp>
#include <playmirror/record_members.hpp>
#include <playmirror/records.hpp>

#include <string>
#include <type_traits>
#include <variant>

namespace playmirror::python {

namespace {

py::object parse_metrics(py::handle text) {
  const auto payload = from_python<std::string>(text, "text");
  return to_python(without_gil([&] { return Metrics::parse(payload); }));
}

py::object read_metrics(py::handle text) {
  const Snapshot snapshot{.metrics_payload = from_python<std::string>(text, "metrics_payload")};
  const auto found = without_gil([&] { return snapshot.metrics(); });
  return std::visit(
      []<typename T>(const T& metrics) -> py::object {
        if constexpr (std::is_same_v<T, std::monostate>) {
          return py::none();
        } else {
          return to_python(metrics);
        }
      },
      found);
}

}  // namespace

void bind_metrics(py::module_& module) {
  module.def("parse_metrics", &parse_metrics, py::arg("text"));
  module.def("read_metrics", &read_metrics, py::arg("text"));
}

}  // namespace playmirror::python
