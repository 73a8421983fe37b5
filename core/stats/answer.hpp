/// \file
/// How every statistic answers: from one moment of the file, which is not held until something is
/// read that is not in memory. If somebody has written by then, the answer begins again, in a
/// moment that is held.
#pragma once

#include "core/columns/file_moment.hpp"
#include "core/stats/selection.hpp"

#include <playmirror/stats.hpp>

#include <memory>

namespace playmirror {

template <typename Answer>
auto Stats::at_one_moment(const Answer& answer) const {
  Stats here = *this;
  for (auto hold = columns::Hold::when_needed;; hold = columns::Hold::at_once) {
    if (!pinned_) here.pinned_ = std::make_shared<stats::Moment>(*state_, hold);
    try {
      return answer(here);
    } catch (const columns::MomentPassed&) {
      if (pinned_) throw;  // whoever pinned it begins again
    }
  }
}

template <typename Answer>
auto Stats::of_selection(const StatsFilter& filter, const Answer& answer) const {
  return at_one_moment(
      [&](const Stats& here) { return answer(stats::Selection(here.pinned_, filter)); });
}

}  // namespace playmirror
