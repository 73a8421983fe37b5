#pragma once

#include "core/mirror/state.hpp"

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <stop_token>

namespace playmirror::sync {

/// What has been recorded in a mirror and waits to be pushed.
struct Recorded {
  bool to_send = false;     ///< queued or in doubt
  bool waits_only = false;  ///< nothing but rows that the server was not ready for
};

/// Hears of rows that are recorded in a mirror: in this process at once, by its doorbell; in
/// others by looking at the file's change counter several times a second.
class News {
 public:
  explicit News(MirrorState& mirror);

  [[nodiscard]] Recorded recorded() const;

  /// Rests for `length`. Returns earlier when a stop is requested, after wake(), and, if `eager`,
  /// when there is something to send; looks for that at once, since it may have come before.
  void rest(std::chrono::milliseconds length, bool eager, const std::stop_token& stop);

  /// Ends the present rest, or else the next one. From any thread.
  void wake();

 private:
  [[nodiscard]] std::int64_t change_counter() const;

  MirrorState& mirror_;
  std::unique_ptr<sqlite::Database> counting_;  ///< it counts what other connections changed
  std::atomic<bool> woken_ = false;
};

}  // namespace playmirror::sync
