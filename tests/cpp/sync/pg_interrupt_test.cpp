// Cancellation, silence, and servers that break the protocol after they have let us in.

#include "sync/pg/connection.hpp"
#include "tests/cpp/support/connected_test.hpp"
#include "tests/cpp/support/listener.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using test::Listener;
using namespace std::chrono_literals;

class Interrupt : public test::ConnectedTest {
 protected:
  void expect_nothing_runs() const {
    wait_until(
        "SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE datname = current_database() "
        "AND state = 'active' AND pid <> pg_backend_pid())");
  }
};

TEST_F(Interrupt, AStopRequestEndsAStatementWithinASecondAndTheConnectionServesOn) {
  std::stop_source source;
  control_.stop = source.get_token();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(200ms);
    source.request_stop();
  });
  const auto start = Clock::now();
  EXPECT_THROW(execute("SELECT pg_sleep(30)"), Cancelled);
  EXPECT_LT(Clock::now() - start, 1s);
  EXPECT_TRUE(connection_->usable());
  control_.stop = {};
  EXPECT_EQ(execute("SELECT 1"), "1");
}

TEST_F(Interrupt, AStopRequestEndsAPipelineAndItsTransactionStaysOurs) {
  std::stop_source source;
  control_.stop = source.get_token();
  const std::jthread stopper([&] {
    std::this_thread::sleep_for(100ms);
    source.request_stop();
  });
  EXPECT_THROW(
      connection_->pipeline({{.sql = "BEGIN"}, {.sql = "SELECT pg_sleep(30)"}, {.sql = "SELECT 1"}},
                            waiter_),
      Cancelled);
  control_.stop = {};
  EXPECT_TRUE(connection_->in_transaction());
  connection_->abandon_transaction();
  EXPECT_EQ(execute("SELECT 1"), "1");
}

TEST_F(Interrupt, WhatOnTickThrowsEndsAStatement) {
  control_.on_tick = [ticks = 0]() mutable {
    if (++ticks == 4) throw std::out_of_range("ctrl-c");
  };
  const auto start = Clock::now();
  EXPECT_THROW(execute("SELECT pg_sleep(30)"), std::out_of_range);
  EXPECT_LT(Clock::now() - start, 1s);
  expect_nothing_runs();
}

TEST_F(Interrupt, AnotherStatementIsNotHitByTheCancelRequest) {
  for (int i = 0; i < 20; ++i) {
    control_.on_tick = [] { throw std::out_of_range("ctrl-c"); };
    std::this_thread::sleep_for(51ms);  // so that on_tick is due
    EXPECT_THROW(execute("SELECT pg_sleep(30)"), std::out_of_range);
    control_.on_tick = {};
    EXPECT_EQ(execute("SELECT pg_sleep(0.005), 1"), "");
  }
}

TEST_F(Interrupt, SilenceEndsTheConnectionAndTheServersWork) {
  waiter_.silence(300ms);
  const auto start = Clock::now();
  try {
    execute("SELECT pg_sleep(30)");
    FAIL();
  } catch (const ServerUnavailable& error) {
    EXPECT_EQ(error.code(), ErrorCode::unreachable);
    EXPECT_TRUE(error.retryable());
  }
  EXPECT_LT(Clock::now() - start, 1300ms);
  EXPECT_FALSE(connection_->usable());
  expect_nothing_runs();
}

/// A server that lets the client in and then answers one statement with `answer`.
class BadServer : public ::testing::Test {
 protected:
  Connection connect(std::string answer, bool then_close = true) {
    listener_ = std::make_unique<Listener>(
        [answer = std::move(answer), then_close](int socket, const std::stop_token& stop) {
          test::welcome(socket, stop);
          static_cast<void>(test::receive_message(socket, stop));
          test::send_all(socket, answer);
          if (!then_close) test::stay_silent(socket, stop);
        });
    return Connection::open(listener_->dsn(), {}, waiter_);
  }

  std::unique_ptr<Listener> listener_;
  CallControl control_;
  Waiter waiter_{control_, 500ms};
};

TEST_F(BadServer, SilenceAfterTheStatementEndsInTime) {
  Connection connection = connect("", /*then_close=*/false);
  const auto start = Clock::now();
  EXPECT_THROW(connection.execute("SELECT 1", "ask", waiter_), ServerUnavailable);
  EXPECT_LT(Clock::now() - start, 1500ms);
  EXPECT_FALSE(connection.usable());
}

TEST_F(BadServer, CancellingWhenNobodyAnswersEndsWithinASecond) {
  Connection connection = connect("", /*then_close=*/false);
  control_.on_tick = [] { throw std::out_of_range("ctrl-c"); };
  std::this_thread::sleep_for(51ms);
  const auto start = Clock::now();
  EXPECT_THROW(connection.execute("SELECT 1", "ask", waiter_), std::out_of_range);
  EXPECT_LT(Clock::now() - start, 1s);
  EXPECT_FALSE(connection.usable());
}

TEST_F(BadServer, HangingUpIsALostConnection) {
  Connection connection = connect("");
  EXPECT_THROW(connection.execute("SELECT 1", "ask", waiter_), ServerUnavailable);
  EXPECT_FALSE(connection.usable());
}

TEST_F(BadServer, EveryCutInTheMiddleOfAnAnswerIsALostConnection) {
  const std::string column = std::string("x\0", 2) + std::string(
                                                         "\0\0\0\0\0\0\0\0\0\x19\xff\xff"
                                                         "\xff\xff\xff\xff\0\0",
                                                         18);
  const std::string answer = test::message('T', std::string("\0\1", 2) + column) +
                             test::message('D', std::string("\0\1\0\0\0\1y", 7)) +
                             test::message('C', std::string("SELECT 1\0", 9)) +
                             test::message('Z', "I");
  {
    Connection whole = connect(answer);
    EXPECT_EQ(whole.execute("SELECT 1", "ask", waiter_)[0].text(0), "y");
  }
  for (std::size_t cut = 0; cut < answer.size(); ++cut) {
    Connection connection = connect(answer.substr(0, cut));
    EXPECT_THROW(connection.execute("SELECT 1", "ask", waiter_), ServerUnavailable) << cut;
    EXPECT_FALSE(connection.usable());
  }
}

TEST_F(BadServer, NonsenseEndsTheConnectionWithATypedError) {
  for (const std::string& answer :
       {std::string(64, '\xff'), std::string("HTTP/1.1 200 OK\r\n\r\n"), test::message('D', "xx"),
        test::message('T', "\x7f\x7f"), test::message('C', "no end"), test::message('?', "what"),
        test::message('t', "\x7f"), test::message('H', ""), test::message('G', "xxx"),
        test::message('E', "Mno terminator")}) {
    Connection connection = connect(answer);
    EXPECT_THROW(connection.execute("SELECT 1", "ask", waiter_), Error);
    EXPECT_FALSE(connection.usable());
  }
}

TEST_F(BadServer, TheServersLastWordsAreInTheMessage) {
  Connection connection = connect(test::error_message("57P01", "terminating connection"));
  try {
    connection.execute("SELECT 1", "ask", waiter_);
    FAIL();
  } catch (const ServerUnavailable& error) {
    EXPECT_NE(std::string(error.what()).find("terminating connection"), std::string::npos);
    EXPECT_EQ(error.sqlstate(), "57P01");
  }
}

TEST_F(BadServer, APoolersWordsBehindTheServersLastOnesAreThoseOfALostConnection) {
  const std::string last_words = test::error_message("57P01", "terminating connection") +
                                 test::error_message("08P01", "server connection closed");
  for (const std::size_t commands : {1U, 2U}) {
    Connection connection = connect(last_words);
    try {
      connection.pipeline(std::vector<Command>(commands, command("SELECT 1", "ask")), waiter_);
      FAIL();
    } catch (const ServerUnavailable& error) {
      EXPECT_TRUE(error.retryable());
      EXPECT_EQ(error.sqlstate(), "57P01");
    }
    EXPECT_FALSE(connection.usable());
  }
}

TEST_F(BadServer, APipelineThatDoesNotEndIsATypedError) {
  std::string words;
  for (int i = 0; i < 1'000; ++i) words += test::error_message("57P01", "again");
  Connection connection = connect(words, /*then_close=*/false);
  EXPECT_THROW(connection.pipeline({command("SELECT 1", "ask")}, waiter_), Error);
  EXPECT_FALSE(connection.usable());
}

}  // namespace
}  // namespace playmirror::pg
