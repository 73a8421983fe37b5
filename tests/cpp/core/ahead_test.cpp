// Making values ahead of the one who takes them: all of them, in order, and nobody left waiting.

#include "core/ahead.hpp"

#include <atomic>
#include <gtest/gtest.h>
#include <stdexcept>
#include <vector>

namespace playmirror {
namespace {

std::vector<int> taken(Ahead<int>& ahead) {
  std::vector<int> values;
  while (const auto value = ahead.next()) values.push_back(*value);
  return values;
}

TEST(AheadTest, GivesWhatIsMadeInItsOrder) {
  Ahead<int> ahead(2, [](const auto& put) {
    for (int i = 0; i < 100; ++i) put(i);
  });
  const std::vector<int> values = taken(ahead);
  ASSERT_EQ(values.size(), 100U);
  for (int i = 0; i < 100; ++i) EXPECT_EQ(values[static_cast<std::size_t>(i)], i);
  EXPECT_FALSE(ahead.next());
}

TEST(AheadTest, ThrowsBehindWhatCameBefore) {
  Ahead<int> ahead(5, [](const auto& put) {
    put(1);
    throw std::runtime_error("no more");
  });
  EXPECT_EQ(ahead.next(), 1);
  EXPECT_THROW(static_cast<void>(ahead.next()), std::runtime_error);
}

TEST(AheadTest, StopsWhenNobodyTakesThemAnyMore) {
  std::atomic<int> made = 0;
  std::atomic<bool> ended = false;
  {
    Ahead<int> ahead(3, [&](const auto& put) {
      struct End {
        std::atomic<bool>& ended;
        ~End() { ended = true; }
      };
      const End end{ended};
      for (;; ++made) put(0);
    });
    EXPECT_EQ(ahead.next(), 0);
  }
  EXPECT_TRUE(ended);
  EXPECT_LE(made, 4);
}

TEST(AheadTest, LooksAfterItsCallerWhileItWaits) {
  std::atomic<bool> go = false;
  Ahead<int> ahead(1, [&](const auto& put) {
    while (!go) std::this_thread::yield();
    put(7);
  });
  EXPECT_EQ(ahead.next([&] { go = true; }), 7);
}

}  // namespace
}  // namespace playmirror
