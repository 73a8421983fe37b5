// What stands behind core/test_hooks.hpp in a test build, and the two functions by which a test
// gets at it.

#include "core/test_hooks.hpp"

#include <atomic>
#include <mutex>
#include <set>
#include <sstream>
#include <string>

namespace {

using StepFunction = void (*)(const char*);

std::atomic<StepFunction> on_step{nullptr};
std::mutex mutex;
std::set<std::string, std::less<>> switched_off;
std::set<std::string, std::less<>> asked_for;

}  // namespace

namespace playmirror::test_hooks {

void reached(const char* step) {
  if (const StepFunction function = on_step.load()) function(step);
}

bool is_on(const char* safeguard) {
  const std::scoped_lock lock(mutex);
  asked_for.emplace(safeguard);
  return !switched_off.contains(std::string_view(safeguard));
}

}  // namespace playmirror::test_hooks

#define PLAYMIRROR_HOOK extern "C" __attribute__((visibility("default"))) __attribute__((used))

/// Has `function` called at every step, in the thread that takes it; nullptr ends that.
PLAYMIRROR_HOOK void playmirror_on_step(StepFunction function) { on_step = function; }

/// Takes these safeguards away, one a line, and puts all others back.
PLAYMIRROR_HOOK void playmirror_switch_off(const char* safeguards) {
  const std::scoped_lock lock(mutex);
  switched_off.clear();
  std::istringstream lines(safeguards);
  for (std::string name; std::getline(lines, name);) switched_off.insert(name);
}

/// How many of the safeguards that are off were asked for since: 0 means that the name is wrong or
/// the code was not reached.
PLAYMIRROR_HOOK int playmirror_missed() {
  const std::scoped_lock lock(mutex);
  int missed = 0;
  for (const std::string& name : switched_off) missed += asked_for.contains(name) ? 1 : 0;
  asked_for.clear();
  return missed;
}
