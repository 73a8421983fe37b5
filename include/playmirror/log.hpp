#pragma once

#include <string>

namespace playmirror {

/// How much a LogRecord matters.
enum class LogLevel {
  debug,    ///< the steps of a call, and calls that found nothing to do
  info,     ///< a connection, and what a call moved
  warning,  ///< what a person should look at: the warnings of a report, refused rows, held deletes
  error,    ///< a Watcher has ended
};

/// Something for the log of a program. One line of valid UTF-8 without control characters and
/// without passwords.
struct LogRecord {
  LogLevel level = LogLevel::debug;
  std::string message = {};
};

}  // namespace playmirror
