#pragma once

#include <playmirror/progress.hpp>

#include <chrono>

namespace playmirror::pg {

/// Waits for a socket on behalf of a caller who may lose patience: in slices of at most 50 ms,
/// looking after CallControl in between, and never longer than the silence allowed.
class Waiter {
 public:
  Waiter(const CallControl& control, std::chrono::milliseconds silence) noexcept
      : control_(control), silence_(silence) {}

  enum class For { reading, writing, either };

  /// Returns when the socket is ready. Throws ServerUnavailable (`unreachable`) after the allowed
  /// silence, Cancelled when a stop was requested, and whatever on_tick throws. `doing` names the
  /// wait in the message: "the server did not answer for 60 s while ...".
  For wait(int socket, For what, const char* doing);

  /// Looks after CallControl without waiting: for loops that compute. Throws like wait().
  void tick();

  /// Reports to CallControl::on_progress, at most ten times a second unless `always`.
  void progress(const Progress& progress, bool always = false);

  [[nodiscard]] const CallControl& control() const noexcept { return control_; }
  [[nodiscard]] std::chrono::milliseconds silence() const noexcept { return silence_; }
  void silence(std::chrono::milliseconds allowed) noexcept { silence_ = allowed; }

 private:
  const CallControl& control_;
  std::chrono::milliseconds silence_;
  std::chrono::steady_clock::time_point last_tick_{};
  std::chrono::steady_clock::time_point last_progress_{};
};

}  // namespace playmirror::pg
