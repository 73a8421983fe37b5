#pragma once

#include "core/mirror/commit_watch.hpp"
#include "core/stats/facts.hpp"

#include <memory>
#include <mutex>
#include <optional>

namespace playmirror::stats {

/// Keeps what was read of tracks and artists for as long as nobody, in any process, has written to
/// the file. Safe to share between threads.
class FactCache {
 public:
  /// The facts of a moment in which the file stood there. Without a mark, empty ones, known to the
  /// caller alone.
  [[nodiscard]] std::shared_ptr<FactStore> facts(const std::optional<CommitWatch::Mark>& mark);

  void clear();

 private:
  std::mutex mutex_;
  CommitWatch::Mark mark_ = {};
  std::shared_ptr<FactStore> facts_;
};

}  // namespace playmirror::stats
