#include "control.hpp"

#include "describe_reports.hpp"
#include "gil.hpp"

#include <utility>

namespace playmirror::python {

// The callbacks capture `this` alone: the core may copy them without the GIL, and a copied Python
// reference would be counted without it.
Control::Control(py::object progress, py::object stop)
    : progress_(std::move(progress)), stop_(std::move(stop)) {
  if (!progress_.is_none()) {
    if (!PyCallable_Check(progress_.ptr())) wrong_type("progress", "callable", progress_);
    call_.on_progress = [this](const Progress& now) { on_progress(now); };
  }
  if (!stop_.is_none() && !py::hasattr(stop_, "is_set")) {
    wrong_type("stop", "a threading.Event", stop_);
  }
  if (log_.wants(LogLevel::error)) {
    call_.on_log = [this](const LogRecord& record) {
      if (log_.wants(record.level)) log_.write(record);
    };
  }
  call_.on_tick = [this] { on_tick(); };
  call_.stop = source_.get_token();
}

void Control::on_progress(const Progress& progress) {
  const WithGil acquired;
  progress_(to_python(progress));
}

void Control::on_tick() {
  const auto now = std::chrono::steady_clock::now();
  if (now < next_look_) return;
  next_look_ = now + std::chrono::milliseconds(50);

  const WithGil acquired;
  if (PyErr_CheckSignals() != 0) throw py::error_already_set();
  if (!stop_.is_none() && stop_.attr("is_set")().cast<bool>()) source_.request_stop();
}

}  // namespace playmirror::python
