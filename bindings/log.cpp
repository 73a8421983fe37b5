#include "log.hpp"

#include "gil.hpp"

#include <limits>

namespace playmirror::python {

namespace {

/// The level as `logging` counts.
long number(LogLevel level) {
  switch (level) {
    case LogLevel::debug:
      return 10;
    case LogLevel::info:
      return 20;
    case LogLevel::warning:
      return 30;
    case LogLevel::error:
      return 40;
  }
  return 0;
}

}  // namespace

Log::Log() : threshold_(std::numeric_limits<long>::max()) {
  const auto modules = py::module_::import("sys").attr("modules");
  if (!modules.contains("logging")) return;
  const py::module_ module = py::module_::import("playmirror.log");
  write_ = module.attr("write");
  threshold_ = module.attr("threshold")().cast<long>();
}

bool Log::wants(LogLevel level) const noexcept { return number(level) >= threshold_; }

void Log::write(const LogRecord& record) const {
  const WithGil acquired;
  write_(number(record.level), record.message);
}

}  // namespace playmirror::python
