#pragma once

#include <chrono>
#include <condition_variable>
#include <cstddef>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <thread>
#include <utility>

namespace playmirror {

/// Values made on a thread of their own, a few ahead of the one that takes them.
template <typename Value>
class Ahead {
 public:
  /// Hands a value over, when there is room for it. Throws Stopped once nobody takes them any more.
  using Put = std::function<void(Value)>;
  struct Stopped {};

  /// `make` runs on the other thread, and what it uses must outlive this. At most `room` values
  /// wait to be taken.
  Ahead(std::size_t room, std::function<void(const Put&)> make)
      : room_(room), thread_([this, make = std::move(make)] { run(make); }) {}
  /// Stops the other thread at the next value that it hands over.
  ~Ahead() {
    {
      const std::scoped_lock lock(mutex_);
      stopping_ = true;
    }
    changed_.notify_all();
    thread_.join();
  }
  Ahead(const Ahead&) = delete;
  Ahead& operator=(const Ahead&) = delete;

  /// The next value; nothing at the end. Calls `tick`, if there is one, many times a second while
  /// it waits. Throws what `make` threw, once the values before it are taken.
  [[nodiscard]] std::optional<Value> next(const std::function<void()>& tick = {}) {
    std::unique_lock lock(mutex_);
    while (waiting_.empty() && !ended_) {
      changed_.wait_for(lock, kSlice);
      if (!tick) continue;
      lock.unlock();
      tick();
      lock.lock();
    }
    if (waiting_.empty()) {
      if (failure_) std::rethrow_exception(failure_);
      return std::nullopt;
    }
    std::optional<Value> value = std::move(waiting_.front());
    waiting_.pop_front();
    lock.unlock();
    changed_.notify_all();
    return value;
  }

 private:
  static constexpr std::chrono::milliseconds kSlice{50};

  void run(const std::function<void(const Put&)>& make) {
    std::exception_ptr failure;
    try {
      make([this](Value value) { put(std::move(value)); });
    } catch (const Stopped&) {
      return;
    } catch (...) {
      failure = std::current_exception();
    }
    const std::scoped_lock lock(mutex_);
    failure_ = failure;
    ended_ = true;
    changed_.notify_all();
  }

  void put(Value value) {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return stopping_ || waiting_.size() < room_; });
    if (stopping_) throw Stopped();
    waiting_.push_back(std::move(value));
    lock.unlock();
    changed_.notify_all();
  }

  const std::size_t room_;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Value> waiting_;
  bool ended_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::thread thread_;  ///< the last: it uses the others
};

}  // namespace playmirror
