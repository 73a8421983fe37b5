#pragma once

#include "core/mirror/state.hpp"

#include <atomic>
#include <chrono>
#include <stop_token>

namespace playmirror::sync {

/// What has been recorded in a mirror and waits to be pushed.
struct Recorded {
  bool to_send = false;     ///< queued or in doubt
  bool waits_only = false;  ///< nothing but rows that the server was not ready for
};

/// Hears of rows that are recorded in a mirror: in this process at once, by its doorbell; in
/// others by looking several times a second whether somebody has committed.
class News {
 public:
  explicit News(MirrorState& mirror) : mirror_(mirror) {}

  [[nodiscard]] Recorded recorded() const;

  /// Rests for `length`. Returns earlier when a stop is requested, after wake(), and, if `eager`,
  /// when there is something to send; looks for that at once, since it may have come before. Throws
  /// `closed` once the mirror is.
  void rest(std::chrono::milliseconds length, bool eager, const std::stop_token& stop);

  /// Ends the present rest, or else the next one. From any thread.
  void wake();

 private:
  MirrorState& mirror_;
  std::atomic<bool> woken_ = false;
};

}  // namespace playmirror::sync
