#pragma once

#include <playmirror/log.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <stop_token>
#include <string>

namespace playmirror {

/// What a long call is doing now. Reported at most ten times a second.
struct Progress {
  std::string phase = {};  ///< "connect", "push", "pull", "first copy", "index", "apply", "verify",
                           ///< "query", "copy", "make up",
                           ///< "import"
  std::string table = {};  ///< the table at work, of "import" the file, or empty
  std::int64_t rows = 0;   ///< rows done in this table; of "copy", pages of the file; of "import",
                           ///< rows read so far
  std::int64_t rows_total = 0;  ///< an estimate; 0 when unknown
  std::int64_t bytes = 0;       ///< bytes received so far in this call
};

/// How a caller follows and stops a long call. The callbacks run on the calling thread and must not
/// call the same Server; an exception that one throws ends the call like a cancellation and reaches
/// the caller.
struct CallControl {
  /// May read and record in the mirror: no writer waits for it.
  std::function<void(const Progress&)> on_progress = {};

  /// What the call does, for the log of the program; at most 1,000 records in one call. May read
  /// and record in the mirror: no writer waits for it.
  std::function<void(const LogRecord&)> on_log = {};

  /// Called at least ten times a second while the call waits or works; throw to stop. For hosts
  /// with signals of their own to look after, such as Python's Ctrl-C. It may be called by the one
  /// writer of the mirror, so it must not record or wait for somebody who does.
  std::function<void()> on_tick = {};

  /// Ends the call with Cancelled soon after a stop is requested, from any thread.
  std::stop_token stop = {};
};

}  // namespace playmirror
