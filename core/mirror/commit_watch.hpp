#pragma once

#include "core/sqlite/commit_mark.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>

namespace playmirror {

class MirrorState;

/// Tells by one look at memory whether anybody, in any process, has written to a mirror's file:
/// what was read of it before is still right if nobody has. Safe to share between threads.
class CommitWatch {
 public:
  /// Equal ones: nobody has committed in between, and the file is the same.
  struct Mark {
    std::uint64_t connection = 0;  ///< which of the watch's; each sees one file
    sqlite::CommitMark commit = {};

    friend bool operator==(const Mark&, const Mark&) = default;
  };

  /// Nothing at the instant of somebody's commit. Throws `closed` once the mirror is.
  [[nodiscard]] std::optional<Mark> mark(MirrorState& state);

  /// Lets go of the file, and stays so for as long as the lock is held. Lock the mirror behind it,
  /// as mark() does, never before.
  [[nodiscard]] std::unique_lock<std::mutex> closed();

  /// In a forked child, which must not close what its parent opened.
  void leave_open() noexcept { static_cast<void>(database_.release()); }

 private:
  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> database_;
  std::uint64_t connections_ = 0;
};

}  // namespace playmirror
