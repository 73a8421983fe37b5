#include "core/digest/server_hash.hpp"

#include "core/digest/block_digests.hpp"

#include <cstdint>
#include <gtest/gtest.h>
#include <limits>

namespace playmirror::digest {
namespace {

/// As the server's bigint has it.
std::int64_t text(std::string_view bytes, std::int64_t seed) {
  return static_cast<std::int64_t>(hash_text(bytes, static_cast<std::uint64_t>(seed)));
}

std::int64_t integer(std::int64_t value, std::int64_t seed) {
  return static_cast<std::int64_t>(hash_integer(value, static_cast<std::uint64_t>(seed)));
}

// What PostgreSQL 15 answers. Every length modulo 12 takes another path.
TEST(ServerHash, GivesWhatTheServerGivesForTexts) {
  EXPECT_EQ(text("", 0), -6939563903564495251);
  EXPECT_EQ(text("", 1), -150071773020461347);
  EXPECT_EQ(text("a", 7), 6761863715122467050);
  EXPECT_EQ(text("abcdefgh", -1), 3589487173844465705);
  EXPECT_EQ(text("abcdefghijk", std::int64_t{1} << 62), 6739430688559119420);
  EXPECT_EQ(text("abcdefghijkl", 5), -2285050236391377581);
  EXPECT_EQ(text("The quick brown fox jumps over the lazy dog", -9), 791185933259625809);
  EXPECT_EQ(text("Nina é 🎵", 3), -7919020573965552089);
}

TEST(ServerHash, GivesWhatTheServerGivesForIntegers) {
  EXPECT_EQ(integer(0, 0), 4154612158245552303);
  EXPECT_EQ(integer(-2, 1), -1813712187832781703);
  EXPECT_EQ(integer((std::int64_t{1} << 40) + 5, -3), 1997496335837776509);
  EXPECT_EQ(integer(std::numeric_limits<std::int64_t>::min(), 9), 6126750482571670234);
}

TEST(ServerHash, WritesRealNumbersByTheirBytes) {
  EXPECT_EQ(real_digits(1.0), "3ff0000000000000");
  EXPECT_EQ(real_digits(-0.0), "8000000000000000");
  EXPECT_EQ(real_digits(std::numeric_limits<double>::quiet_NaN()), "NaN");
}

}  // namespace
}  // namespace playmirror::digest
