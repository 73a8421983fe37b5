// Waiting ends by readiness, by silence, by the caller's wish; never by itself and never late.

#include "sync/pg/wait.hpp"

#include <playmirror/error.hpp>

#include <array>
#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using namespace std::chrono_literals;

class WaiterTest : public ::testing::Test {
 protected:
  void SetUp() override { ASSERT_EQ(::socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~WaiterTest() override {
    for (const int end : ends_) ::close(end);
  }

  std::array<int, 2> ends_{-1, -1};
  CallControl control_;
};

TEST_F(WaiterTest, ReturnsWhatIsReady) {
  Waiter waiter(control_, 5s);
  EXPECT_EQ(waiter.wait(ends_[0], Waiter::For::writing, "try"), Waiter::For::writing);
  EXPECT_EQ(waiter.wait(ends_[0], Waiter::For::either, "try"), Waiter::For::writing);
  ASSERT_EQ(::write(ends_[1], "x", 1), 1);
  EXPECT_EQ(waiter.wait(ends_[0], Waiter::For::reading, "try"), Waiter::For::reading);
  EXPECT_EQ(waiter.wait(ends_[0], Waiter::For::either, "try"), Waiter::For::either);
}

TEST_F(WaiterTest, AClosedPeerCountsAsReadable) {
  Waiter waiter(control_, 5s);
  ::shutdown(ends_[1], SHUT_RDWR);
  EXPECT_EQ(waiter.wait(ends_[0], Waiter::For::reading, "try"), Waiter::For::reading);
}

TEST_F(WaiterTest, SilenceEndsItInTime) {
  Waiter waiter(control_, 120ms);
  const auto start = Clock::now();
  try {
    waiter.wait(ends_[0], Waiter::For::reading, "read tracks");
    FAIL();
  } catch (const ServerUnavailable& error) {
    EXPECT_EQ(error.code(), ErrorCode::unreachable);
    EXPECT_TRUE(error.retryable());
    EXPECT_STREQ(error.what(), "could not read tracks: the server did not answer for 120 ms");
  }
  const auto took = Clock::now() - start;
  EXPECT_GE(took, 115ms);
  EXPECT_LT(took, 500ms);
}

TEST_F(WaiterTest, AStopRequestFromAnotherThreadEndsIt) {
  std::stop_source source;
  control_.stop = source.get_token();
  Waiter waiter(control_, 30s);
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(60ms);
    source.request_stop();
  });
  const auto start = Clock::now();
  EXPECT_THROW(waiter.wait(ends_[0], Waiter::For::reading, "try"), Cancelled);
  EXPECT_LT(Clock::now() - start, 500ms);
}

TEST_F(WaiterTest, OnTickIsCalledAtLeastTenTimesASecond) {
  int ticks = 0;
  control_.on_tick = [&] { ++ticks; };
  Waiter waiter(control_, 500ms);
  EXPECT_THROW(waiter.wait(ends_[0], Waiter::For::reading, "try"), ServerUnavailable);
  EXPECT_GE(ticks, 5);
  EXPECT_LE(ticks, 12);
}

TEST_F(WaiterTest, WhatOnTickThrowsGoesThrough) {
  control_.on_tick = [] { throw std::out_of_range("enough"); };
  Waiter waiter(control_, 5s);
  EXPECT_THROW(waiter.wait(ends_[0], Waiter::For::reading, "try"), std::out_of_range);
}

TEST_F(WaiterTest, ProgressIsLimitedUnlessItMatters) {
  int reports = 0;
  control_.on_progress = [&](const Progress&) { ++reports; };
  Waiter waiter(control_, 5s);
  for (int i = 0; i < 1'000; ++i) waiter.progress({.phase = "pull"});
  EXPECT_EQ(reports, 1);
  waiter.progress({.phase = "pull"}, /*always=*/true);
  EXPECT_EQ(reports, 2);
}

}  // namespace
}  // namespace playmirror::pg
