#pragma once

#include <condition_variable>
#include <cstdint>
#include <mutex>

namespace playmirror {

/// A mutex that lets threads in by order of arrival. A std::mutex may be taken again before the
/// threads that wait for it are awake: a loop that records would keep a sync out until it ends.
class Turnstile {
 public:
  void lock() {
    std::unique_lock guard(mutex_);
    const std::uint64_t ticket = tickets_++;
    turn_.wait(guard, [&] { return ticket == serving_; });
  }

  void unlock() {
    {
      const std::scoped_lock guard(mutex_);
      ++serving_;
    }
    turn_.notify_all();
  }

 private:
  std::mutex mutex_;
  std::condition_variable turn_;
  std::uint64_t tickets_ = 0;  ///< given out
  std::uint64_t serving_ = 0;  ///< the one whose turn it is
};

}  // namespace playmirror
