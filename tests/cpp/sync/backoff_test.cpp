// How long a watcher waits after failures: longer each time, within its bounds, never in step with
// others, and the same again for the same seed.

#include "sync/watch/backoff.hpp"

#include <chrono>
#include <gtest/gtest.h>
#include <vector>

namespace playmirror::sync {
namespace {

using namespace std::chrono_literals;

std::vector<std::chrono::milliseconds> waits(Backoff backoff, int count) {
  std::vector<std::chrono::milliseconds> result;
  for (int i = 0; i < count; ++i) result.push_back(backoff.next());
  return result;
}

TEST(Backoff, DoublesUpToTheLongest) {
  for (std::uint64_t seed = 0; seed < 200; ++seed) {
    std::chrono::milliseconds upper = 100ms;
    for (const auto wait : waits(Backoff(100ms, 1'500ms, seed), 8)) {
      EXPECT_GE(wait, upper / 2);
      EXPECT_LE(wait, upper);
      upper = std::min(upper * 2, std::chrono::milliseconds(1'500ms));
    }
  }
}

TEST(Backoff, IsSpreadOverTheLaterHalf) {
  std::chrono::milliseconds least = 1h;
  std::chrono::milliseconds most = 0ms;
  for (std::uint64_t seed = 0; seed < 500; ++seed) {
    const auto wait = Backoff(1'000ms, 1'000ms, seed).next();
    least = std::min(least, wait);
    most = std::max(most, wait);
  }
  EXPECT_LT(least, 520ms);
  EXPECT_GT(most, 980ms);
}

TEST(Backoff, IsTheSameForTheSameSeed) {
  EXPECT_EQ(waits(Backoff(100ms, 60s, 7), 12), waits(Backoff(100ms, 60s, 7), 12));
  EXPECT_NE(waits(Backoff(100ms, 60s, 7), 12), waits(Backoff(100ms, 60s, 8), 12));
}

TEST(Backoff, BeginsAnewAfterASuccess) {
  Backoff backoff(100ms, 60s, 1);
  for (int i = 0; i < 10; ++i) static_cast<void>(backoff.next());
  backoff.reset();
  EXPECT_LE(backoff.next(), 100ms);
}

TEST(Backoff, ABeginningAboveTheLongestIsTheLongest) { EXPECT_LE(Backoff(10s, 1s, 1).next(), 1s); }

}  // namespace
}  // namespace playmirror::sync
