#include "core/mirror/commit_watch.hpp"

#include "core/mirror/state.hpp"

namespace playmirror {

std::optional<CommitWatch::Mark> CommitWatch::mark(MirrorState& state) {
  state.check_usable();  // in a forked child, nobody may ever let go of the lock
  std::unique_lock lock(mutex_);
  if (!database_) {
    // A reader brings the log back, which may wait: not under the lock.
    lock.unlock();
    static_cast<void>(state.reader());
    lock.lock();
  }
  state.check_open();
  if (!database_) {
    database_ = state.open_reader();
    ++connections_;
  }
  const auto commit = database_->commit_mark();
  if (!commit) return std::nullopt;
  return Mark{connections_, *commit};
}

std::unique_lock<std::mutex> CommitWatch::closed() {
  std::unique_lock lock(mutex_);
  database_.reset();
  return lock;
}

}  // namespace playmirror
