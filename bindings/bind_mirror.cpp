/// \file
/// The mirror file: opening, asking, what is pending.

#include "bind.hpp"
#include "control.hpp"
#include "describe_options.hpp"
#include "describe_reports.hpp"
#include "gil.hpp"
#include "record_list.hpp"

#include <playmirror/mirror.hpp>

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::python {

namespace {

Mirror open(py::handle file, const py::kwargs& keywords) {
  const auto path = from_python<std::filesystem::path>(file, "file");
  const auto options = from_keywords<MirrorOptions>(keywords);
  return without_gil([&] { return Mirror::open(path, options); });
}

py::object sql(const Mirror& mirror, py::handle query, py::handle parameters, py::object progress,
               py::object stop, const py::kwargs& keywords) {
  const auto text = from_python<std::string>(query, "query");
  const auto values = from_python<std::vector<Value>>(parameters, "parameters");
  const auto options = from_keywords<SqlOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(without_gil([&] { return mirror.sql(text, values, options, control.call()); }));
}

py::object verify_file(const Mirror& mirror, py::object progress, py::object stop) {
  const Control control(std::move(progress), std::move(stop));
  return to_python(without_gil([&] { return mirror.verify(control.call()); }));
}

void copy_to(const Mirror& mirror, py::handle file, py::object progress, py::object stop,
             const py::kwargs& keywords) {
  const auto path = from_python<std::filesystem::path>(file, "file");
  const auto options = from_keywords<CopyOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  without_gil([&] { mirror.copy_to(path, options, control.call()); });
}

Mirror make_sample(py::handle file, py::object progress, py::object stop,
                   const py::kwargs& keywords) {
  const auto path = from_python<std::filesystem::path>(file, "file");
  const auto options = from_keywords<SampleOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return without_gil([&] { return Mirror::make_sample(path, options, control.call()); });
}

py::object import_plays(const Mirror& mirror, py::handle files, py::object progress,
                        py::object stop, const py::kwargs& keywords) {
  const auto paths = from_python<std::vector<std::filesystem::path>>(files, "files");
  const auto options = from_keywords<ImportOptions>(keywords);
  const Control control(std::move(progress), std::move(stop));
  return to_python(
      without_gil([&] { return mirror.import_plays(paths, options, control.call()); }));
}

std::int64_t retry(const Mirror& mirror, py::handle entry) {
  const auto number = from_python<std::optional<std::int64_t>>(entry, "entry");
  return without_gil([&] { return mirror.retry(number); });
}

void discard(const Mirror& mirror, py::handle entry) {
  const auto number = from_python<std::int64_t>(entry, "entry");
  without_gil([&] { mirror.discard(number); });
}

}  // namespace

void bind_mirror(py::module_& module) {
  py::class_<Mirror, Held<Mirror>>(module, "Mirror")
      .def_static("open", &open)
      .def_static("default_path", [] { return to_python(Mirror::default_path()); })
      .def_static("salvage",
                  [](py::handle file) {
                    const auto path = from_python<std::filesystem::path>(file, "file");
                    return to_python(without_gil([&] { return Mirror::salvage(path); }));
                  })
      .def_static("make_sample", &make_sample, py::arg("file"), py::arg("progress"),
                  py::arg("stop"))
      .def("close", [](Mirror& mirror) { without_gil([&] { mirror.close(); }); })
      .def("path", [](const Mirror& mirror) { return to_python(mirror.path()); })
      .def("plays", &Mirror::plays)
      .def("tracks", &Mirror::tracks)
      .def("artists", &Mirror::artists)
      .def("snapshots", &Mirror::snapshots)
      .def("playlists", &Mirror::playlists)
      .def("exclusions", &Mirror::exclusions)
      .def("stats", &Mirror::stats)
      .def("sql", &sql, py::arg("query"), py::arg("parameters"), py::arg("progress"),
           py::arg("stop"))
      .def("status",
           [](const Mirror& mirror) {
             return to_python(without_gil([&] { return mirror.status(); }));
           })
      .def("pending",
           [](const Mirror& mirror) {
             return to_python(without_gil([&] { return mirror.pending(); }));
           })
      .def("retry", &retry)
      .def("discard", &discard)
      .def("verify", &verify_file, py::arg("progress"), py::arg("stop"))
      .def("copy_to", &copy_to, py::arg("file"), py::arg("progress"), py::arg("stop"))
      .def("import_plays", &import_plays, py::arg("files"), py::arg("progress"), py::arg("stop"));
}

}  // namespace playmirror::python
