#include "core/call_watch.hpp"

#include <playmirror/error.hpp>

namespace playmirror {
namespace {

using Clock = std::chrono::steady_clock;

/// Progress reaches the caller at most ten times a second, as CallControl promises.
constexpr std::chrono::milliseconds kProgressInterval{100};

}  // namespace

void CallWatch::tick() {
  const auto now = Clock::now();
  if (control_.on_tick && now - last_tick_ >= kSlice) {
    last_tick_ = now;
    control_.on_tick();
  }
  // Behind on_tick, which may be what asks for it.
  if (control_.stop.stop_requested()) raise(ErrorCode::cancelled, "stopped on request");
}

void CallWatch::progress(const Progress& progress, bool always) {
  if (!control_.on_progress) return;
  const auto now = Clock::now();
  if (!always && now - last_progress_ < kProgressInterval) return;
  last_progress_ = now;
  control_.on_progress(progress);
}

}  // namespace playmirror
