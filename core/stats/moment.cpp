/// Stats: which moment of the file its calls answer from.

#include "core/stats/selection.hpp"

#include <playmirror/stats.hpp>

#include <utility>

namespace playmirror {

Stats::Stats(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::shared_ptr<stats::Moment> Stats::moment() const {
  return pinned_ ? pinned_ : std::make_shared<stats::Moment>(*state_);
}

Stats Stats::at_one_moment() const {
  Stats pinned = *this;
  pinned.pinned_ = moment();
  return pinned;
}

}  // namespace playmirror
