/// \file
/// From the library to Python's logging, by playmirror/log.py.
#pragma once

#include <playmirror/log.hpp>

#include <pybind11/pybind11.h>

namespace playmirror::python {

namespace py = pybind11;

/// The logger `playmirror`. Made, copied and dropped with the GIL held.
class Log {
 public:
  /// Nobody hears it when `logging` is not imported yet: then it stays so, for the sake of programs
  /// that start fast.
  Log();

  /// Whether somebody asked for records of this level when the Log was made.
  [[nodiscard]] bool wants(LogLevel level) const noexcept;

  /// Takes the GIL and hands the record over. Throws what a handler raises.
  void write(const LogRecord& record) const;

 private:
  py::object write_;
  long threshold_;
};

}  // namespace playmirror::python
