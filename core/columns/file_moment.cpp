#include "core/columns/file_moment.hpp"

#include "core/test_hooks.hpp"

#include <utility>

namespace playmirror::columns {

struct FileMoment::Held {
  explicit Held(MirrorState& mirror)
      : reader(mirror),
        state(read_column_state(reader.database())) {}  // the first read sets the moment

  SteadyReader reader;
  ColumnState state;
};

FileMoment::FileMoment(MirrorState& mirror, std::optional<CommitWatch::Mark> before)
    : mirror_(mirror.shared_from_this()),
      mark_(before),
      held_(std::make_unique<Held>(mirror)),
      state_(held_->state) {
  if (mark_ != mirror.mark()) mark_.reset();
}

FileMoment::FileMoment(MirrorState& mirror, const CommitWatch::Mark& mark, const ColumnState& state)
    : mirror_(mirror.shared_from_this()), mark_(mark), state_(state) {
  PLAYMIRROR_STEP("moment.recalled");
}

FileMoment::~FileMoment() = default;

sqlite::Database& FileMoment::database() const {
  if (!held_) {
    auto held = std::make_unique<Held>(*mirror_);
    const bool passed = mark_ != mirror_->mark();
    if (passed && PLAYMIRROR_SAFEGUARD("one moment")) throw MomentPassed();
    held_ = std::move(held);
  }
  return held_->reader.database();
}

}  // namespace playmirror::columns
