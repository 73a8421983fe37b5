// A library for LD_PRELOAD that sets the wall clock forward or back for one process. Clocks that
// only measure durations go on as before.

#include <atomic>
#include <ctime>
#include <dlfcn.h>
#include <sys/time.h>

namespace {

std::atomic<std::time_t> offset{0};

int real_clock_gettime(clockid_t clock, timespec* time) {
  static const auto function =
      reinterpret_cast<int (*)(clockid_t, timespec*)>(dlsym(RTLD_NEXT, "clock_gettime"));
  return function(clock, time);
}

timespec wall_clock() {
  timespec now{};
  real_clock_gettime(CLOCK_REALTIME, &now);
  now.tv_sec += offset;
  return now;
}

}  // namespace

#define PLAYMIRROR_HIDES extern "C" __attribute__((visibility("default")))

/// From now on the wall clock is so many seconds ahead of the real one, or behind.
PLAYMIRROR_HIDES void playmirror_set_clock(long seconds) { offset = seconds; }

PLAYMIRROR_HIDES int clock_gettime(clockid_t clock, timespec* time) noexcept {
  if (clock != CLOCK_REALTIME) return real_clock_gettime(clock, time);
  *time = wall_clock();
  return 0;
}

PLAYMIRROR_HIDES int gettimeofday(timeval* time, void*) noexcept {
  const timespec now = wall_clock();
  *time = {now.tv_sec, now.tv_nsec / 1000};
  return 0;
}

PLAYMIRROR_HIDES std::time_t time(std::time_t* out) noexcept {
  const timespec now = wall_clock();
  if (out != nullptr) *out = now.tv_sec;
  return now.tv_sec;
}
