/// \file
/// Watching. The watcher's own thread holds the GIL for the callbacks and for nothing else.

#include "bind.hpp"
#include "describe_options.hpp"
#include "describe_reports.hpp"
#include "gil.hpp"
#include "log.hpp"

#include <playmirror/watcher.hpp>

#include <algorithm>
#include <chrono>
#include <memory>
#include <optional>
#include <utility>

namespace playmirror::python {

namespace {

using std::chrono::milliseconds;

/// Calls Python from the watcher's thread. What the callables raise is kept by them, on the Python
/// side; here it only ends the watcher.
class Callbacks {
 public:
  Callbacks(py::object on_event, py::object on_progress)
      : on_event_(std::move(on_event)), on_progress_(std::move(on_progress)) {}

  /// One that may be copied and dropped without the GIL.
  static std::shared_ptr<Callbacks> make(py::object on_event, py::object on_progress) {
    return {new Callbacks(std::move(on_event), std::move(on_progress)), [](Callbacks* callbacks) {
              const WithGil acquired;
              delete callbacks;
            }};
  }

  void on_event(const WatchEvent& event) const { call(on_event_, event); }
  void on_progress(const Progress& progress) const { call(on_progress_, progress); }
  void on_log(const LogRecord& record) const {
    if (log_.wants(record.level)) guarded([&] { log_.write(record); });
  }
  [[nodiscard]] bool wants_progress() const { return !on_progress_.is_none(); }

 private:
  template <typename Argument>
  static void call(const py::object& callable, const Argument& argument) {
    guarded([&] { callable(to_python(argument)); });
  }

  template <typename Work>
  static void guarded(Work&& work) {
    mark_as_ours();
    const WithGil acquired;
    try {
      work();
    } catch (const py::error_already_set&) {
      raise(ErrorCode::cancelled, "a callback raised an exception");
    }
  }

  py::object on_event_;
  py::object on_progress_;
  Log log_;
};

Watcher start(const Mirror& mirror, py::handle dsn, const py::dict& server, const py::dict& push,
              const py::dict& pull, py::object on_event, py::object on_progress,
              const py::kwargs& keywords) {
  const auto text = from_python<std::string>(dsn, "dsn");
  auto options = from_keywords<WatchOptions>(keywords);
  options.server = from_keywords<ServerOptions>(server);
  options.push = from_keywords<PushOptions>(push);
  options.pull = from_keywords<PullOptions>(pull);
  const auto callbacks = Callbacks::make(std::move(on_event), std::move(on_progress));
  WatchControl control;
  control.on_event = [callbacks](const WatchEvent& event) { callbacks->on_event(event); };
  control.on_log = [callbacks](const LogRecord& record) { callbacks->on_log(record); };
  if (callbacks->wants_progress()) {
    control.on_progress = [callbacks](const Progress& now) { callbacks->on_progress(now); };
  }
  return without_gil([&] { return Watcher::start(mirror, text, options, control); });
}

/// In slices, so that Ctrl-C is felt.
bool wait(Watcher& watcher, py::handle timeout) {
  const auto slice = milliseconds(50);
  auto left = from_python<std::optional<milliseconds>>(timeout, "timeout");
  for (;;) {
    const auto now = left ? std::clamp(*left, milliseconds(0), slice) : slice;
    if (without_gil([&] { return watcher.wait(now); })) return true;
    if (PyErr_CheckSignals() != 0) throw py::error_already_set();
    if (left && (*left -= now) <= milliseconds(0)) return false;
  }
}

}  // namespace

void bind_watcher(py::module_& module) {
  py::class_<Watcher, Held<Watcher>>(module, "Watcher")
      .def_static("start", &start, py::arg("mirror"), py::arg("dsn"), py::arg("server"),
                  py::arg("push"), py::arg("pull"), py::arg("on_event"), py::arg("progress"))
      .def("stop", [](Watcher& watcher) { without_gil([&] { watcher.stop(); }); })
      .def("wait", &wait, py::arg("timeout"))
      .def("wake", [](Watcher& watcher) { without_gil([&] { watcher.wake(); }); })
      .def("state", [](const Watcher& watcher) { return to_python(watcher.state()); });
}

}  // namespace playmirror::python
