#pragma once

#include "core/sqlite/database.hpp"
#include "core/stats/facts.hpp"

#include <cstdint>
#include <memory>
#include <mutex>

namespace playmirror {
class MirrorState;
}

namespace playmirror::stats {

/// Keeps what was read of tracks and artists for as long as nobody, in any process, has written to
/// the file. Safe to share between threads.
class FactCache {
 public:
  /// A number that changes with every commit by anybody.
  [[nodiscard]] std::int64_t version(MirrorState& state);

  /// The facts of a moment that began after `before` was the version. Empty ones, known to the
  /// caller alone, when somebody has committed since: the moment may be older or newer than that.
  [[nodiscard]] std::shared_ptr<FactStore> facts(std::int64_t before);

  /// Lets go of the file and of the memory, and stays so for as long as the lock is held. Lock the
  /// mirror behind it, as version() does, never before.
  [[nodiscard]] std::unique_lock<std::mutex> emptied();

 private:
  [[nodiscard]] std::int64_t version() const;

  std::mutex mutex_;
  std::unique_ptr<sqlite::Database> watch_;  ///< SQLite counts the commits of others
  std::int64_t version_ = 0;
  std::shared_ptr<FactStore> facts_;
};

}  // namespace playmirror::stats
