#pragma once

#include "core/mirror/commit_watch.hpp"
#include "core/mirror/state.hpp"
#include "core/test_hooks.hpp"

#include <memory>
#include <optional>
#include <utility>

namespace playmirror {

/// What was read from a mirror's file, for as long as nobody has written to it since. For one
/// thread at a time.
template <typename Facts>
class AsOf {
 public:
  /// What it was, or what `read` finds now.
  template <typename Read>
  const Facts& get(MirrorState& mirror, const Read& read) {
    const auto mark = mirror.mark();
    const bool still = (mark && mark_ == mark) || !PLAYMIRROR_SAFEGUARD("facts of now");
    if (!facts_ || !still || mirror_.lock().get() != &mirror) {
      facts_.reset();
      // Read after the mark was taken: who writes in between is noticed the next time.
      facts_.emplace(read());
      mark_ = mark;
      mirror_ = mirror.weak_from_this();
    }
    return *facts_;
  }

 private:
  std::weak_ptr<MirrorState> mirror_ = {};
  std::optional<CommitWatch::Mark> mark_ = {};
  std::optional<Facts> facts_ = {};
};

}  // namespace playmirror
