#pragma once

#include <playmirror/progress.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>

namespace playmirror {

/// Looks after the caller of a long call, on behalf of code that computes: every loop calls tick().
class CallWatch {
 public:
  /// `control` must outlive the watch.
  explicit CallWatch(const CallControl& control) noexcept : control_(control) {}

  /// How often a caller is looked after: Ctrl-C and stop requests are felt at once, and twenty
  /// times a second cost nothing.
  static constexpr std::chrono::milliseconds kSlice{50};

  /// Throws Cancelled when a stop was requested, and whatever CallControl::on_tick throws.
  void tick();

  /// Reports to CallControl::on_progress, at most ten times a second unless `always`. A new phase
  /// or table is a step for the log.
  void progress(const Progress& progress, bool always = false);

  /// From now on every Progress tells how much `received` has grown.
  void count_bytes(std::function<std::int64_t()> received);

  /// Tells CallControl::on_log, which may read and record: not for a writer of the mirror.
  void log(LogLevel level, std::string_view message);

  [[nodiscard]] const CallControl& control() const noexcept { return control_; }

 private:
  const CallControl& control_;
  std::function<std::int64_t()> received_{};
  std::int64_t received_before_ = 0;
  std::chrono::steady_clock::time_point last_tick_{};
  std::chrono::steady_clock::time_point last_progress_{};
  std::string step_{};  ///< the phase and table logged last
  int records_ = 0;     ///< logged so far
};

}  // namespace playmirror
