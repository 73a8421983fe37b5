#pragma once

#include "sync/watch/backoff.hpp"
#include "sync/watch/news.hpp"

#include <playmirror/watcher.hpp>

#include <atomic>
#include <chrono>
#include <exception>
#include <memory>
#include <optional>
#include <stop_token>
#include <string>

namespace playmirror::sync {

/// What the thread of a Watcher does: sync, tell, rest, until it is stopped or an error ends it.
class WatchLoop {
 public:
  WatchLoop(std::shared_ptr<MirrorState> mirror, std::string dsn, const WatchOptions& options,
            WatchControl control);

  /// Runs until the stop, or until something that waiting cannot heal, which it returns. The last
  /// event is sent before it returns.
  std::exception_ptr run(std::stop_token stop);

  void wake() { news_.wake(); }
  [[nodiscard]] WatchState state() const noexcept { return state_; }

 private:
  /// What a callback threw: passes through the library as something that nothing there catches.
  struct CallbackThrew {
    std::exception_ptr exception;
  };

  void loop(const std::stop_token& stop);
  void poll(const std::stop_token& stop);
  SyncReport exchange(const CallControl& control);
  SyncReport push_and_pull(const CallControl& control);
  void succeeded(SyncReport report);
  void failed(const Error& error);
  void log(const LogRecord& record);
  void tell(WatchEvent event);

  std::shared_ptr<MirrorState> state_of_mirror_;
  Mirror mirror_;
  std::string dsn_;
  WatchOptions options_;
  WatchControl control_;
  News news_;
  Backoff backoff_;
  std::atomic<WatchState> state_ = WatchState::connecting;

  std::optional<Server> server_ = {};
  std::chrono::milliseconds rest_{0};     ///< until the next try
  bool eager_ = true;                     ///< whether something recorded ends the rest
  SyncReport pushed_ = {};                ///< of pushes whose pull failed: not told yet
  std::optional<Error> push_error_ = {};  ///< why the last push failed, while pulls go well
  Backoff push_backoff_;
  std::chrono::steady_clock::time_point offer_again_ = {};  ///< when to push what could not be
  std::string push_trouble_ = {};                           ///< what the last push left behind
  std::string told_ = {};                                   ///< the trouble told last
};

}  // namespace playmirror::sync
