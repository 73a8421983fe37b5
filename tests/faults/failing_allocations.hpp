#pragma once

#include <functional>

/// Lets one allocation fail, of our own code (operator new) or of SQLite's. Linking this replaces
/// both for the whole program.
namespace playmirror::test {

/// Counts the allocations of `work` without disturbing it.
[[nodiscard]] long count_allocations(const std::function<void()>& work);

/// Runs `work` while allocation number `number` (1, 2, ...) fails, and all later ones too if
/// `for_ever`.
void with_failing_allocation(long number, bool for_ever, const std::function<void()>& work);

}  // namespace playmirror::test
