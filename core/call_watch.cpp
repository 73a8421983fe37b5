#include "core/call_watch.hpp"

#include "core/text/one_line.hpp"

#include <playmirror/error.hpp>

#include <utility>

namespace playmirror {
namespace {

using Clock = std::chrono::steady_clock;

/// Progress reaches the caller at most ten times a second, as CallControl promises.
constexpr std::chrono::milliseconds kProgressInterval{100};

/// How much one call may log, as CallControl promises, and the longest line, in bytes. A server
/// decides what its warnings say; a log shall not grow without bound for that.
constexpr int kLogRecords = 1'000;
constexpr std::size_t kLogLine = 1'000;

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

void CallWatch::log(LogLevel level, std::string_view message) {
  if (!control_.on_log || records_ >= kLogRecords) return;
  const bool last = ++records_ == kLogRecords;
  control_.on_log({level, last ? "this call has more to tell than is logged"
                               : text::one_line(message, kLogLine)});
}

void CallWatch::progress(const Progress& progress, bool always) {
  if (control_.on_log) {
    std::string step = progress.phase + (progress.table.empty() ? "" : " of ") + progress.table;
    if (step != step_) {
      log(LogLevel::debug, step);
      step_ = std::move(step);
    }
  }
  if (!control_.on_progress) return;
  const auto now = Clock::now();
  if (!always && now - last_progress_ < kProgressInterval) return;
  last_progress_ = now;
  if (!received_) return control_.on_progress(progress);
  Progress counted = progress;
  counted.bytes = received_() - received_before_;
  control_.on_progress(counted);
}

void CallWatch::count_bytes(std::function<std::int64_t()> received) {
  received_before_ = received();
  received_ = std::move(received);
}

}  // namespace playmirror
