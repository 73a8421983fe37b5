#pragma once

#include <playmirror/error.hpp>
#include <playmirror/export.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/progress.hpp>
#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <chrono>
#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string_view>

/// Watching: a mirror that stays in step with its server by itself, over one connection.
namespace playmirror {

/// What a Watcher is doing.
enum class WatchState {
  connecting,  ///< on its way to the first sync
  current,     ///< in step with the server, as of the last poll
  retrying,    ///< the last try failed in a way that heals with time; the next one comes by itself
  stopped,     ///< ended, by stop() or by an error
};

/// What a Watcher has to tell: its state changed, a sync moved something or found new trouble.
struct WatchEvent {
  WatchState state = WatchState::connecting;
  std::optional<SyncReport> report = {};  ///< of the sync that this event is about, if it went well

  /// `retrying`: what went wrong. `stopped`: what ended it, unless that was stop(). `current`: why
  /// what was recorded could not be pushed; pulls go on meanwhile, and it is offered again.
  std::optional<Error> error = {};

  std::chrono::milliseconds retry_in{0};  ///< `retrying`: until the next try
};

/// How to watch.
struct WatchOptions {
  ServerOptions server = {};
  PushOptions push = {};
  PullOptions pull = {};  ///< confirm_deletes and accept_server count until the first sync is done
  std::chrono::milliseconds interval{2'000};          ///< between polls
  std::chrono::milliseconds sweep_interval{300'000};  ///< as of PullOptions; 0: each poll sweeps
  std::chrono::milliseconds max_backoff{60'000};      ///< longest wait before the next try
  std::int64_t seed = 0;                              ///< of the jitter; 0: any
};

/// How a Watcher reports. All run on its own thread, one call at a time, and hold up the next
/// poll. They may read and record in the mirror, and call stop() and wake(). An exception that one
/// throws ends the watcher and comes out of Watcher::wait().
struct WatchControl {
  std::function<void(const WatchEvent&)> on_event = {};   ///< what it has to tell
  std::function<void(const Progress&)> on_progress = {};  ///< as of CallControl, of each sync
  std::function<void(const LogRecord&)> on_log = {};      ///< likewise
};

/// Keeps a mirror in step with a server, on a thread and a connection of its own: polls for what
/// changed there, and pushes what is recorded here as soon as it is, by whatever process. A poll
/// that finds nothing new costs one round trip.
///
/// An error that heals with time (Error::retryable) is waited out: the next try comes after a time
/// that doubles from `interval` to `max_backoff`, half of it left to chance. Any other error ends
/// the watcher; trouble with one table or row does not.
///
/// Safe to share between threads. After fork(), the child must start its own.
class PLAYMIRROR_EXPORT Watcher {
 public:
  /// Starts at once and does not wait for the server, which may be away. `dsn` as in
  /// Server::connect. Throws InvalidArgument for an option that makes no sense, and `closed`.
  [[nodiscard]] static Watcher start(const Mirror& mirror, std::string_view dsn = {},
                                     const WatchOptions& options = {},
                                     const WatchControl& control = {});

  Watcher(Watcher&&) noexcept;
  Watcher& operator=(Watcher&&) noexcept;
  ~Watcher();  ///< like stop()

  /// Ends it, within a second unless a callback keeps it longer, and waits for that; called by a
  /// callback, does not wait.
  void stop() noexcept;

  /// Waits until it has ended, by an error or a stop(), and throws what ended it. False: it still
  /// runs after `timeout`. Not for a callback.
  bool wait(std::optional<std::chrono::milliseconds> timeout = std::nullopt);

  /// Tries again now, without waiting for the next poll or the end of a backoff.
  void wake();

  [[nodiscard]] WatchState state() const;  ///< what it is doing now

 private:
  struct Impl;
  explicit Watcher(std::shared_ptr<Impl> impl) noexcept;
  [[nodiscard]] Impl& impl() const;

  std::shared_ptr<Impl> impl_;
};

}  // namespace playmirror
