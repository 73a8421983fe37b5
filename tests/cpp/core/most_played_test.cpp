// The most played tracks are found without ordering all, from totals of any borders.

#include "core/columns/most_played.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <gtest/gtest.h>
#include <random>
#include <ranges>
#include <vector>

namespace playmirror::columns {
namespace {

using Plays = std::vector<std::uint32_t>;

/// What most_played() is to give, by ordering all.
std::vector<TrackPlays> ordered(const Plays& plays, std::size_t n) {
  Plays falling(plays.begin() + 1, plays.end());
  std::ranges::sort(falling, std::greater());
  const std::uint32_t least = n > falling.size() ? 1 : std::max(falling[n - 1], 1U);
  std::vector<TrackPlays> tracks;
  for (std::uint32_t track = 1; track < plays.size(); ++track) {
    if (plays[track] >= least) tracks.push_back({track, plays[track]});
  }
  return tracks;
}

/// Few tracks have most plays, and many have as many as others.
Plays skewed(std::mt19937& random, std::size_t codes) {
  Plays plays(codes);
  const double steepness = std::uniform_real_distribution(0.2, 3.0)(random);
  for (std::uint32_t& each : plays) {
    const double chance = std::uniform_real_distribution(0.0005, 1.0)(random);
    each = static_cast<std::uint32_t>(std::pow(chance, -steepness)) - 1;
  }
  return plays;
}

TEST(MostPlayed, AreThoseThatOrderingAllGives) {
  std::mt19937 random(1);
  for (const std::size_t codes : {1, 2, 64, 65, 66, 129, 1'000, 5'000}) {
    for (const std::size_t n : {1, 2, 10, 64, 500, 6'000}) {
      Plays plays = skewed(random, codes);
      EXPECT_EQ(most_played(plays, n), ordered(plays, n)) << n << " of " << codes;
      std::ranges::sort(plays);
      EXPECT_EQ(most_played(plays, n), ordered(plays, n)) << n << " of rising " << codes;
    }
  }
  EXPECT_TRUE(most_played(Plays(1'000), 5).empty());
  EXPECT_TRUE(most_played({}, 5).empty());
}

TEST(MostPlayed, LeadersProveThemOrNothing) {
  std::mt19937 random(2);
  int proved = 0;
  for (int round = 0; round < 400; ++round) {
    const Plays all = skewed(random, 2'000);
    const Leaders leaders(all);
    const double part = std::uniform_real_distribution(0.0, 1.0)(random);
    const std::uint32_t outside = round % 3;
    Plays in_period;
    for (const std::uint32_t plays : all) {
      in_period.push_back(
          std::binomial_distribution<std::uint32_t>(plays, round % 4 == 0 ? 1.0 : part)(random) +
          std::uniform_int_distribution<std::uint32_t>(0, outside)(random));
    }
    const std::size_t n = 1 + static_cast<std::size_t>(round) % 60;
    auto found =
        leaders.most_played(n, outside, [&](std::uint32_t track) { return in_period[track]; });
    if (!found) continue;
    ++proved;
    std::ranges::sort(*found, {}, &TrackPlays::track);
    EXPECT_EQ(*found, ordered(in_period, n)) << round;
  }
  EXPECT_GT(proved, 100);
}

/// Blocks of any number of plays, and the totals before every border of them.
class Borders : public testing::Test {
 protected:
  static constexpr std::size_t kCodes = 40;

  void add_block(std::size_t plays) {
    blocks_.push_back({.block = 10 + std::ssize(blocks_), .plays = plays});
    Plays tracks;
    for (std::size_t i = 0; i < plays; ++i)
      tracks.push_back(static_cast<std::uint32_t>(random_() % kCodes));
    tracks_.push_back(std::move(tracks));
  }

  [[nodiscard]] Plays before(std::size_t block, std::size_t row) const {
    Plays sums(kCodes);
    for (std::size_t i = 0; i < block; ++i) {
      for (const std::uint32_t track : tracks_[i]) ++sums[track];
    }
    for (std::size_t i = 0; i < row; ++i) ++sums[tracks_[block][i]];
    return sums;
  }

  [[nodiscard]] RunningTotals<std::uint32_t> totals(
      std::size_t most_bytes, const RunningTotals<std::uint32_t>* known = nullptr) {
    added_ = 0;
    return {blocks_, kCodes, most_bytes, known,
            [&](std::size_t block, std::size_t begin, std::size_t end, Plays& sums) {
              for (std::size_t row = begin; row < end; ++row) ++sums[tracks_[block][row]];
              added_ += end - begin;
            }};
  }

  /// For any row: the totals before its nearest border are right. Returns how far that is at most.
  std::size_t farthest(const RunningTotals<std::uint32_t>& totals) {
    std::size_t farthest = 0;
    for (int i = 0; i < 300; ++i) {
      const std::size_t block = random_() % blocks_.size();
      const std::size_t row = random_() % (blocks_[block].plays + 1);
      const std::size_t number = totals.nearest(block, row);
      const auto border = totals.border(number);
      Plays sums = totals.before(number);
      sums.resize(kCodes);
      EXPECT_EQ(sums, before(border.block, border.row)) << border.block << ", " << border.row;
      const auto play = play_at(block, row);
      const auto from = play_at(border.block, border.row);
      farthest = std::max(farthest, play > from ? play - from : from - play);
    }
    return farthest;
  }

  std::mt19937 random_{3};
  std::vector<BlockInfo> blocks_;
  std::size_t added_ = 0;

 private:
  [[nodiscard]] std::size_t play_at(std::size_t block, std::size_t row) const {
    for (std::size_t i = 0; i < block; ++i) row += blocks_[i].plays;
    return row;
  }

  std::vector<Plays> tracks_;
};

TEST_F(Borders, StandWithinBlocksWhereMemoryAllows) {
  for (const std::size_t plays : {kBlockPlays, std::size_t{5'000}, kBlockPlays, std::size_t{1}}) {
    add_block(plays);
  }
  EXPECT_LE(farthest(totals(std::size_t{1} << 20)), 2'048U);
  EXPECT_LE(farthest(totals(16 * kCodes * sizeof(std::uint32_t))), kBlockPlays / 2);
  EXPECT_GT(farthest(totals(kCodes * sizeof(std::uint32_t))), kBlockPlays / 2);
}

TEST_F(Borders, AreKeptForTheBlocksThatAreStillThere) {
  for (const std::size_t plays : {kBlockPlays, std::size_t{9'000}, kBlockPlays}) add_block(plays);
  const std::size_t bytes = std::size_t{1} << 20;
  const auto first = totals(bytes);
  EXPECT_EQ(added_, 2 * kBlockPlays + 9'000);
  add_block(20'000);
  const auto second = totals(bytes, &first);
  EXPECT_EQ(added_, 20'000U);
  EXPECT_FALSE(second.has_blocks_of(first));
  farthest(second);

  blocks_[1].block = 99;  // another block in its place
  const auto third = totals(bytes, &second);
  EXPECT_EQ(added_, kBlockPlays + 29'000);
  farthest(third);
  EXPECT_TRUE(totals(bytes, &third).has_blocks_of(third));
  EXPECT_EQ(added_, 0U);
}

}  // namespace
}  // namespace playmirror::columns
