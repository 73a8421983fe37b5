#pragma once

#include "core/call_watch.hpp"

#include <chrono>

namespace playmirror::pg {

/// Waits for a socket on behalf of a caller who may lose patience: in slices of at most 50 ms,
/// looking after CallControl in between, and never longer than the silence allowed.
class Waiter : public CallWatch {
 public:
  Waiter(const CallControl& control, std::chrono::milliseconds silence) noexcept
      : CallWatch(control), silence_(silence) {}

  enum class For { reading, writing, either };

  /// Returns when the socket is ready. Throws ServerUnavailable (`unreachable`) after the allowed
  /// silence, Cancelled when a stop was requested, and whatever on_tick throws. `doing` names the
  /// wait in the message: "the server did not answer for 60 s while ...".
  For wait(int socket, For what, const char* doing);

  [[nodiscard]] std::chrono::milliseconds silence() const noexcept { return silence_; }
  void silence(std::chrono::milliseconds allowed) noexcept { silence_ = allowed; }

 private:
  std::chrono::milliseconds silence_;
};

}  // namespace playmirror::pg
