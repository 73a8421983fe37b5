#pragma once

#include "core/columns/play_columns.hpp"
#include "core/mirror/commit_watch.hpp"
#include "core/stats/facts.hpp"

#include <memory>
#include <mutex>

namespace playmirror::stats {

/// Keeps what was read of tracks and artists for as long as nobody, in any process, has written a
/// row of theirs: it takes far longer to read than to use, and plays come all the time. Safe to
/// share between threads.
class FactCache {
 public:
  /// The facts of that moment, which must have columns. Where somebody commits while it begins,
  /// empty ones, known to the caller alone.
  [[nodiscard]] std::shared_ptr<FactStore> facts(const columns::PlayColumns& plays);

  void clear();

 private:
  std::mutex mutex_;
  CommitWatch::Mark mark_ = {};  ///< where the file stood when the facts were last found right
  columns::PlayColumns::CatalogueVersion version_ = {};
  std::shared_ptr<FactStore> facts_;
};

}  // namespace playmirror::stats
