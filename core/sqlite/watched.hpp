#pragma once

#include "core/call_watch.hpp"
#include "core/sqlite/database.hpp"

#include <exception>
#include <functional>

/// Ending what SQLite computes when its caller has lost patience.
namespace playmirror::sqlite {

/// Looks after a caller while SQLite works on a connection, for as long as it lives. What the
/// caller throws cannot cross SQLite's frames: the statement ends with query_limit instead, and
/// rethrow() then throws what really happened.
class Watched {
 public:
  Watched(Database& database, CallWatch& watch);
  ~Watched();
  Watched(const Watched&) = delete;
  Watched& operator=(const Watched&) = delete;

  /// Call when a statement has failed: throws on what the caller threw, if that was why.
  void rethrow() const {
    if (stopped_) std::rethrow_exception(stopped_);
  }

 private:
  Database& database_;
  std::exception_ptr stopped_;
};

/// Runs `work` on this thread, and looks after the caller meanwhile.
template <typename Work>
auto watched(Database& database, CallWatch& watch, Work work) {
  const Watched guard(database, watch);
  try {
    return work();
  } catch (...) {
    guard.rethrow();
    throw;
  }
}

/// Runs `work` on a thread of its own, where it alone uses the connection, and looks after the
/// caller on this one: for SQLite's integrity check, which computes for seconds without a look at
/// any hook.
void watched_aside(Database& database, CallWatch& watch, const std::function<void()>& work);

}  // namespace playmirror::sqlite
