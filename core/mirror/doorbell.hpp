#pragma once

#include <chrono>
#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace playmirror {

/// Wakes the threads of this process that wait for something to be written. It counts how often it
/// was rung, so that a ring is not missed by one who was busy.
class Doorbell {
 public:
  void ring() noexcept {
    {
      const std::scoped_lock guard(mutex_);
      ++rings_;
    }
    rung_.notify_all();
  }

  [[nodiscard]] std::uint64_t rings() {
    const std::scoped_lock guard(mutex_);
    return rings_;
  }

  /// Returns once there are more than `seen` rings, at `until` at the latest.
  void wait(std::uint64_t seen, std::chrono::steady_clock::time_point until) {
    std::unique_lock guard(mutex_);
    rung_.wait_until(guard, until, [&] { return rings_ != seen; });
  }

 private:
  std::mutex mutex_;
  std::condition_variable rung_;
  std::uint64_t rings_ = 0;
};

}  // namespace playmirror
