// The calendar of a listening life: from which day to which, and how much on each of them.
#pragma once

#include "core/sample/catalogue.hpp"

#include <chrono>
#include <cstdint>
#include <vector>

namespace playmirror::sample {

struct Days {
  std::chrono::sys_days first;
  std::vector<std::uint32_t> rows;  ///< play_history rows of each day; they add up to Plan::plays

  std::chrono::sys_days day(std::size_t index) const {
    return first + std::chrono::days{static_cast<int>(index)};
  }
};

/// Every history ends on 20 November 2026. It is as long as 27.6 plays on each active day make it,
/// but at most 20 years; bigger libraries have fuller days.
Days plan_days(const Plan& plan);

}  // namespace playmirror::sample
