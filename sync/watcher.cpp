#include "core/mirror/state.hpp"
#include "sync/watch/watch_loop.hpp"

#include <playmirror/error.hpp>
#include <playmirror/watcher.hpp>

#include <atomic>
#include <condition_variable>
#include <exception>
#include <memory>
#include <mutex>
#include <optional>
#include <random>
#include <stop_token>
#include <string>
#include <string_view>
#include <sys/types.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace playmirror {
namespace {

WatchOptions checked(WatchOptions options) {
  if (options.interval.count() <= 0 || options.max_backoff.count() <= 0) {
    raise(ErrorCode::invalid_argument, "interval and max_backoff must be positive",
          {.hint = "Leave the option out for its default."});
  }
  if (options.sweep_interval.count() < 0) {
    raise(ErrorCode::invalid_argument, "sweep_interval must not be negative",
          {.hint = "0 sweeps at every poll."});
  }
  options.pull.sweep_interval = options.sweep_interval;
  if (options.seed == 0) options.seed = std::random_device()();
  return options;
}

}  // namespace

/// What the thread and the Watcher share. Outlives the Watcher when a callback destroys that.
struct Watcher::Impl {
  Impl(std::shared_ptr<MirrorState> mirror, std::string_view dsn, const WatchOptions& options,
       const WatchControl& control)
      : loop(std::move(mirror), std::string(dsn), checked(options), control) {}
  Impl(const Impl&) = delete;
  Impl& operator=(const Impl&) = delete;
  ~Impl() {
    if (thread.joinable()) thread.detach();  // it is this one: a callback let go of the watcher
  }

  void run() {
    auto result = loop.run(stop.get_token());
    {
      const std::scoped_lock guard(mutex);
      failure = std::move(result);
      ended = true;
    }
    changed.notify_all();
  }

  void request_stop() {
    stop.request_stop();
    loop.wake();
  }

  [[nodiscard]] bool on_own_thread() const { return std::this_thread::get_id() == thread_id; }
  [[nodiscard]] bool in_child() const { return ::getpid() != owner; }

  sync::WatchLoop loop;
  std::stop_source stop;
  std::mutex mutex;  ///< guards the two members below
  bool ended = false;
  std::exception_ptr failure;
  std::condition_variable changed;

  std::mutex joining;  ///< guards `thread`
  std::thread thread;
  std::atomic<std::thread::id> thread_id = {};
  pid_t owner = ::getpid();
};

Watcher::Watcher(std::shared_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Watcher::Watcher(Watcher&&) noexcept = default;

Watcher& Watcher::operator=(Watcher&& other) noexcept {
  if (this != &other) {
    stop();
    impl_ = std::move(other.impl_);
  }
  return *this;
}

Watcher::~Watcher() { stop(); }

Watcher Watcher::start(const Mirror& mirror, std::string_view dsn, const WatchOptions& options,
                       const WatchControl& control) {
  auto impl = std::make_shared<Impl>(MirrorAccess::state(mirror), dsn, options, control);
  const std::scoped_lock guard(impl->joining);
  impl->thread = std::thread([impl] {
    impl->thread_id = std::this_thread::get_id();
    impl->run();
  });
  return Watcher(impl);
}

Watcher::Impl& Watcher::impl() const {
  if (!impl_)
    raise(ErrorCode::closed, "the watcher was moved from", {.hint = "Use what it was moved to."});
  if (impl_->in_child()) {
    raise(ErrorCode::closed, "this watcher was started before fork()",
          {.hint = "Start another one in the child process."});
  }
  return *impl_;
}

void Watcher::stop() noexcept {
  if (!impl_) return;
  if (impl_->in_child()) {
    // The thread stayed with the parent, and what it held at the fork stays held here for ever.
    static_cast<void>(new std::shared_ptr<Impl>(std::move(impl_)));
    return;
  }
  impl_->request_stop();
  if (impl_->on_own_thread()) return;
  const std::scoped_lock guard(impl_->joining);
  if (impl_->thread.joinable()) impl_->thread.join();
}

bool Watcher::wait(std::optional<std::chrono::milliseconds> timeout) {
  Impl& shared = impl();
  if (shared.on_own_thread()) {
    raise(ErrorCode::invalid_argument, "a watcher cannot be waited for by its own callback",
          {.hint = "Call stop() there, and wait() elsewhere."});
  }
  std::unique_lock guard(shared.mutex);
  const auto has_ended = [&] { return shared.ended; };
  if (!timeout) {
    shared.changed.wait(guard, has_ended);
  } else if (!shared.changed.wait_for(guard, *timeout, has_ended)) {
    return false;
  }
  if (shared.failure) std::rethrow_exception(shared.failure);
  return true;
}

void Watcher::wake() { impl().loop.wake(); }

WatchState Watcher::state() const { return impl().loop.state(); }

}  // namespace playmirror
