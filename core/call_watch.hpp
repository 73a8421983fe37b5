#pragma once

#include <playmirror/progress.hpp>

#include <chrono>

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

  /// Reports to CallControl::on_progress, at most ten times a second unless `always`.
  void progress(const Progress& progress, bool always = false);

  [[nodiscard]] const CallControl& control() const noexcept { return control_; }

 private:
  const CallControl& control_;
  std::chrono::steady_clock::time_point last_tick_{};
  std::chrono::steady_clock::time_point last_progress_{};
};

}  // namespace playmirror
