#pragma once

#include "core/columns/block_store.hpp"
#include "core/mirror/commit_watch.hpp"
#include "core/mirror/state.hpp"
#include "core/sqlite/database.hpp"

#include <memory>
#include <optional>

namespace playmirror::columns {

/// Thrown where the file is needed for a moment of it that was not held, and somebody has written
/// since. No Error: whoever asks for such a moment asks again for one that is held.
struct MomentPassed {};

/// One moment of the file: a lent connection inside a read transaction, and what the file says of
/// its columns there. For one thread at a time.
class FileMoment {
 public:
  /// The present one, held at once. `before` is where the file stands, if the caller knows.
  FileMoment(MirrorState& mirror, std::optional<CommitWatch::Mark> before);

  /// The one of an earlier call, which said `state`: nobody has committed since. It is held once
  /// database() is called, and not at all by who has everything in memory. A transaction costs more
  /// than many an answer.
  FileMoment(MirrorState& mirror, const CommitWatch::Mark& mark, const ColumnState& state);

  FileMoment(const FileMoment&) = delete;
  FileMoment& operator=(const FileMoment&) = delete;
  ~FileMoment();

  [[nodiscard]] const ColumnState& state() const noexcept { return state_; }

  /// Where the file stood in this moment, if nobody committed while it began.
  [[nodiscard]] const std::optional<CommitWatch::Mark>& mark() const noexcept { return mark_; }

  /// Throws MomentPassed. Statements made on it must be gone before this object is.
  [[nodiscard]] sqlite::Database& database() const;

 private:
  struct Held;

  std::shared_ptr<MirrorState> mirror_;
  std::optional<CommitWatch::Mark> mark_;
  mutable std::unique_ptr<Held> held_;
  ColumnState state_;
};

}  // namespace playmirror::columns
