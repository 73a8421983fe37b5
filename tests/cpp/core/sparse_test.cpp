#include "core/columns/sparse.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <set>
#include <vector>

namespace playmirror::columns {
namespace {

TEST(Sparse, HasNoValueWhereNoneWasMade) {
  Sparse<std::int64_t> sums(1'000);
  sums[999] += 5;
  sums[0] -= 2;
  sums[999] += 1;
  EXPECT_EQ(sums.size(), 1'000U);
  EXPECT_EQ(sums.find(1), nullptr);
  ASSERT_NE(sums.find(999), nullptr);
  EXPECT_EQ(*sums.find(999), 6);
  ASSERT_EQ(sums.items().size(), 2U);
  EXPECT_EQ(sums.items()[0].code, 999U);
  EXPECT_EQ(sums.items()[1].code, 0U);
  EXPECT_EQ(sums.items()[1].value, -2);
}

TEST(Sparse, FindsAllNumbersThatHoldInOrder) {
  for (const std::size_t size : {0, 1, 255, 256, 257, 1'000}) {
    const std::set<std::size_t> wanted = {0, 17, 254, 255, 256, 257, 999};
    std::vector<std::size_t> expected;
    for (const std::size_t each : wanted) {
      if (each < size) expected.push_back(each);
    }
    std::vector<std::size_t> found;
    each_where(
        size, [&](std::size_t i) { return wanted.contains(i); },
        [&](std::uint32_t i) { found.push_back(i); });
    EXPECT_EQ(found, expected) << size;
    std::size_t all = 0;
    each_where(
        size, [](std::size_t) { return true; }, [&](std::uint32_t i) { EXPECT_EQ(i, all++); });
    EXPECT_EQ(all, size);
  }
}

}  // namespace
}  // namespace playmirror::columns
