// Many statements, one round trip, one end.

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

using Pipeline = test::ConnectedTest;

Command select(const std::string& sql, std::vector<std::string>& answers) {
  return {.sql = sql, .doing = "read", .on_result = [&](const Result& result) {
            answers.push_back(result.size() > 0 ? result[0].text(0) : "-");
          }};
}

TEST_F(Pipeline, ResultsComeInOrderInOneRoundTrip) {
  std::vector<std::string> answers;
  std::vector<Command> commands;
  for (int i = 0; i < 100; ++i) commands.push_back(select("SELECT " + std::to_string(i), answers));
  connection_->pipeline(std::move(commands), waiter_);
  ASSERT_EQ(answers.size(), 100U);
  for (std::size_t i = 0; i < 100; ++i) EXPECT_EQ(answers[i], std::to_string(i));
  EXPECT_EQ(connection_->wire().round_trips, 1);
}

TEST_F(Pipeline, NothingToDoIsNoRoundTrip) {
  connection_->pipeline({}, waiter_);
  EXPECT_EQ(connection_->wire().round_trips, 0);
}

TEST_F(Pipeline, ATransactionCanSpanIt) {
  std::vector<std::string> answers;
  connection_->pipeline({{.sql = "BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY"},
                         select("SHOW transaction_isolation", answers),
                         {.sql = "COMMIT"}},
                        waiter_);
  EXPECT_EQ(answers, std::vector<std::string>{"repeatable read"});
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_F(Pipeline, RowsCanComeOneByOneBesideWholeResults) {
  std::int64_t rows = 0;
  std::int64_t sum = 0;
  std::vector<std::string> answers;
  std::vector<Command> commands = {
      select("SELECT 'first'", answers),
      {.sql = "SELECT generate_series(1, $1::int)",
       .parameters = {"10000"},
       .doing = "count",
       .on_row =
           [&](const Row& row) {
             ++rows;
             sum += row.integer(0);
           }},
      {.sql = "SELECT 1 WHERE false", .on_row = [&](const Row&) { rows += 1'000'000; }},
      select("SELECT 'last'", answers)};
  connection_->pipeline(std::move(commands), waiter_);
  EXPECT_EQ(rows, 10'000);
  EXPECT_EQ(sum, 50'005'000);
  EXPECT_EQ(answers, (std::vector<std::string>{"first", "last"}));
}

TEST_F(Pipeline, BinaryAndTextCanBeMixed) {
  std::string binary;
  std::vector<std::string> answers;
  connection_->pipeline({{.sql = "SELECT 1::int4",
                          .format = Format::binary,
                          .on_result = [&](const Result& result) { binary = result[0].text(0); }},
                         select("SELECT 1::int4", answers)},
                        waiter_);
  EXPECT_EQ(binary, std::string("\0\0\0\1", 4));
  EXPECT_EQ(answers, std::vector<std::string>{"1"});
}

TEST_F(Pipeline, ARefusalInTheMiddleSkipsTheRest) {
  std::vector<std::string> answers;
  std::vector<Command> commands = {
      select("SELECT 'before'", answers),
      {.sql = "SELECT 1/0", .doing = "divide"},
      select("SELECT 'after'", answers),
      {.sql = "SELECT 1", .on_row = [&](const Row&) { answers.push_back("row"); }}};
  try {
    connection_->pipeline(std::move(commands), waiter_);
    FAIL();
  } catch (const StatementFailed& error) {
    EXPECT_EQ(error.sqlstate(), "22012");
    EXPECT_STREQ(error.what(), "could not divide: division by zero (22012)");
  }
  EXPECT_EQ(answers, std::vector<std::string>{"before"});
  EXPECT_TRUE(connection_->usable());
  EXPECT_EQ(execute("SELECT 'on we go'"), "on we go");
}

TEST_F(Pipeline, ARefusalAfterSomeRowsIsStillARefusal) {
  int rows = 0;
  EXPECT_THROW(connection_->pipeline({{.sql = "SELECT 10 / (5 - n) FROM generate_series(1, 9) n",
                                       .doing = "divide",
                                       .on_row = [&](const Row&) { ++rows; }}},
                                     waiter_),
               StatementFailed);
  EXPECT_LE(rows, 4);
  EXPECT_EQ(execute("SELECT 1"), "1");
}

TEST_F(Pipeline, AnExceptionFromACallbackGoesThroughAndTheConnectionServesOn) {
  std::vector<std::string> answers;
  const auto thrower = [](const auto&) { throw std::runtime_error("stop"); };
  EXPECT_THROW(
      connection_->pipeline(
          {{.sql = "SELECT 1", .on_result = thrower}, select("SELECT 'next'", answers)}, waiter_),
      std::runtime_error);
  EXPECT_TRUE(answers.empty());
  EXPECT_EQ(execute("SELECT 1"), "1");

  // Some rows, and then a long time nothing.
  const auto start = std::chrono::steady_clock::now();
  EXPECT_THROW(connection_->pipeline({{.sql = "SELECT n, CASE WHEN n = 9999 THEN pg_sleep(30) END "
                                              "FROM generate_series(1, 10000) n",
                                       .on_row = thrower}},
                                     waiter_),
               std::runtime_error);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
  EXPECT_EQ(execute("SELECT 2"), "2");
}

TEST_F(Pipeline, MoreThanTheSocketsHoldGoesBothWaysAtOnce) {
  // The server answers each statement before it reads the next: both sides' buffers fill up.
  const std::string big(200'000, 'x');
  std::size_t received = 0;
  std::vector<Command> commands;
  for (int i = 0; i < 200; ++i) {
    commands.push_back(
        {.sql = "SELECT $1::text", .parameters = {big}, .on_result = [&](const Result& result) {
           received += result[0].bytes(0).size();
         }});
  }
  connection_->pipeline(std::move(commands), waiter_);
  EXPECT_EQ(received, 200U * 200'000U);
}

TEST_F(Pipeline, ALostConnectionInTheMiddleIsUnavailable) {
  std::vector<std::string> answers;
  EXPECT_THROW(connection_->pipeline({select("SELECT 'before'", answers),
                                      {.sql = "SELECT pg_terminate_backend(pg_backend_pid())"},
                                      select("SELECT 'after'", answers)},
                                     waiter_),
               ServerUnavailable);
  EXPECT_EQ(answers.size(), 1U);
  EXPECT_FALSE(connection_->usable());
}

TEST_F(Pipeline, UnsendableCommandsAreRefusedBeforeAnythingIsSent) {
  EXPECT_THROW(connection_->pipeline({{.sql = "CREATE TABLE t (x int)"},
                                      {.sql = "SELECT $1", .parameters = {std::string(1, '\0')}}},
                                     waiter_),
               InvalidArgument);
  EXPECT_EQ(execute("SELECT to_regclass('t') IS NULL"), "t");
}

}  // namespace
}  // namespace playmirror::pg
