/// \file
/// Following and stopping a long call from Python.
#pragma once

#include "log.hpp"

#include <playmirror/progress.hpp>

#include <chrono>
#include <pybind11/pybind11.h>
#include <stop_token>

namespace playmirror::python {

namespace py = pybind11;

/// The CallControl of one call. It hands Progress to `progress` (a callable or None), what there is
/// to log to the logger `playmirror`, stops the call when `stop` (something like threading.Event,
/// or None) is set, and lets Ctrl-C through: the GIL is taken at most every 50 ms to look for
/// either. Must outlive the call.
class Control {
 public:
  Control(py::object progress, py::object stop);
  Control(const Control&) = delete;
  Control& operator=(const Control&) = delete;

  [[nodiscard]] const CallControl& call() const { return call_; }

 private:
  void on_progress(const Progress& progress);
  void on_tick();

  py::object progress_;
  py::object stop_;
  Log log_;
  std::stop_source source_;
  std::chrono::steady_clock::time_point next_look_ = {};
  CallControl call_;
};

}  // namespace playmirror::python
