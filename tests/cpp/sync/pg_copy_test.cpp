// COPY out: all the data, in pieces, and a clean end whatever happens.

#include "sync/pg/connection.hpp"
#include "sync/pg/failure.hpp"
#include "tests/cpp/support/connected_test.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <vector>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;

class CopyOut : public test::ConnectedTest {
 protected:
  /// The data of each COPY, joined.
  std::vector<std::string> copy(const std::string& statements) {
    std::vector<std::string> data;
    connection_->copy_out(statements, "copy", waiter_, [&](std::size_t i, std::string_view bytes) {
      data.resize(std::max(data.size(), i + 1));
      data[i] += bytes;
    });
    return data;
  }
};

const std::string kEndless = "COPY (SELECT generate_series(1, 1000000000)) TO STDOUT";

TEST_F(CopyOut, DeliversEveryByte) {
  const auto data = copy("COPY (SELECT generate_series(1, 100000)) TO STDOUT");
  ASSERT_EQ(data.size(), 1U);
  std::string expected;
  for (int i = 1; i <= 100'000; ++i) expected += std::to_string(i) + '\n';
  EXPECT_TRUE(data[0] == expected);
  EXPECT_EQ(connection_->wire().round_trips, 1);
  EXPECT_EQ(connection_->wire().bytes_received, static_cast<std::int64_t>(expected.size()));
}

TEST_F(CopyOut, SeveralStatementsGoInOneRoundTrip) {
  const auto data = copy(
      "BEGIN; COPY (SELECT 1) TO STDOUT; SELECT 2; COPY (SELECT 3 WHERE false) TO STDOUT; "
      "COPY (SELECT 4) TO STDOUT; COMMIT");
  EXPECT_EQ(data, (std::vector<std::string>{"1\n", "", "4\n"}));
  EXPECT_EQ(connection_->wire().round_trips, 1);
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_F(CopyOut, CarriesLargeFields) {
  const auto data = copy("COPY (SELECT repeat('y', 30000000)) TO STDOUT");
  ASSERT_EQ(data.size(), 1U);
  EXPECT_EQ(data[0].size(), 30'000'001U);
}

TEST_F(CopyOut, ARefusalBeforeOrInTheMiddleIsThrownAfterDraining) {
  EXPECT_THROW(copy("COPY nowhere TO STDOUT"), StatementFailed);
  EXPECT_THROW(copy("COPY (SELECT 10 / (5000 - n) FROM generate_series(1, 9999) n) TO STDOUT"),
               StatementFailed);
  EXPECT_TRUE(connection_->usable());
  EXPECT_EQ(execute("SELECT 1"), "1");
}

TEST_F(CopyOut, ACallbackThatThrowsCancelsTheCopyAndTheConnectionServesOn) {
  const auto start = Clock::now();
  int calls = 0;
  EXPECT_THROW(connection_->copy_out("COPY (SELECT n, CASE WHEN n = 9999 THEN pg_sleep(30) END "
                                     "FROM generate_series(1, 10000) n) TO STDOUT",
                                     "copy", waiter_,
                                     [&](std::size_t, std::string_view) {
                                       if (++calls == 100) throw std::runtime_error("enough");
                                     }),
               std::runtime_error);
  EXPECT_EQ(calls, 100);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(execute("SELECT 1"), "1");
}

TEST_F(CopyOut, ThrowingIntoAFloodOfDataEndsItInTime) {
  const auto start = Clock::now();
  EXPECT_THROW(connection_->copy_out(
                   kEndless, "copy", waiter_,
                   [](std::size_t, std::string_view) { throw std::runtime_error("enough"); }),
               std::runtime_error);
  EXPECT_LT(Clock::now() - start, std::chrono::seconds(2));
  // What was under way may have taken too long to swallow; then the connection is gone.
  if (connection_->usable()) {
    EXPECT_EQ(execute("SELECT 1"), "1");
  }
}

TEST_F(CopyOut, AStopRequestEndsItWithinASecond) {
  std::stop_source source;
  control_.stop = source.get_token();
  std::int64_t bytes = 0;
  Clock::time_point stopped;
  EXPECT_THROW(connection_->copy_out(kEndless, "copy", waiter_,
                                     [&](std::size_t, std::string_view data) {
                                       bytes += static_cast<std::int64_t>(data.size());
                                       if (bytes > 1'000'000 && source.request_stop()) {
                                         stopped = Clock::now();
                                       }
                                     }),
               Cancelled);
  EXPECT_LT(Clock::now() - stopped, std::chrono::seconds(1));
}

TEST_F(CopyOut, ALostConnectionInTheMiddleIsUnavailable) {
  const std::string pid = execute("SELECT pg_backend_pid()");
  bool ended = false;
  EXPECT_THROW(connection_->copy_out(kEndless, "copy", waiter_,
                                     [&](std::size_t, std::string_view) {
                                       if (!std::exchange(ended, true)) {
                                         sql("SELECT pg_terminate_backend(" + pid + ")");
                                       }
                                     }),
               ServerUnavailable);
  EXPECT_FALSE(connection_->usable());
}

}  // namespace
}  // namespace playmirror::pg
