// Single statements: results, refusals, transactions, counts.

#include "sync/pg/connection.hpp"
#include "sync/pg/failure.hpp"
#include "tests/cpp/support/connected_test.hpp"

#include <playmirror/error.hpp>

#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>
#include <utility>

namespace playmirror::pg {
namespace {

using namespace std::string_literals;

using Statement = test::ConnectedTest;

TEST_F(Statement, ExecuteReturnsTheLastResult) {
  const Result result =
      connection_->execute("SELECT 1; SELECT 42, true, NULL, 'text'", "try", waiter_);
  ASSERT_EQ(result.size(), 1);
  EXPECT_EQ(result[0].size(), 4);
  EXPECT_EQ(result[0].integer(0), 42);
  EXPECT_TRUE(result[0].boolean(1));
  EXPECT_TRUE(result[0].is_null(2));
  EXPECT_EQ(result[0].bytes(2), "");
  EXPECT_EQ(result[0].text(3), "text");
}

TEST_F(Statement, ExecuteAcceptsNothing) {
  EXPECT_EQ(connection_->execute("", "try", waiter_).size(), 0);
  EXPECT_EQ(connection_->execute(";;", "try", waiter_).size(), 0);
}

TEST_F(Statement, AffectedCountsRows) {
  const Result result = connection_->execute(
      "CREATE TEMP TABLE t (x int); INSERT INTO t SELECT generate_series(1, 7)", "try", waiter_);
  EXPECT_EQ(result.affected(), 7);
  EXPECT_EQ(connection_->execute("BEGIN", "try", waiter_).affected(), 0);
}

TEST_F(Statement, QueryTakesParametersAndNulls) {
  const Result result = connection_->query("SELECT $1::int + 1, $2::text IS NULL, $3::text",
                                           {"41", std::nullopt, ""}, "try", waiter_);
  EXPECT_EQ(result[0].integer(0), 42);
  EXPECT_TRUE(result[0].boolean(1));
  EXPECT_FALSE(result[0].is_null(2));
}

TEST_F(Statement, QueryCanAnswerInBinary) {
  const Result result =
      connection_->query("SELECT $1::int8, 'x'::text", {"258"}, "try", waiter_, Format::binary);
  EXPECT_EQ(result[0].bytes(0), "\0\0\0\0\0\0\1\2"s);
  EXPECT_EQ(result[0].bytes(1), "x");
}

TEST_F(Statement, ValuesThatAreNotWhatWasWantedAreAProtocolError) {
  const Result result = connection_->execute("SELECT 'x', 1.5, NULL", "try", waiter_);
  for (const int column : {0, 1, 2, 3}) {
    EXPECT_THROW(static_cast<void>(result[0].integer(column)), Error) << column;
    EXPECT_THROW(static_cast<void>(result[0].boolean(column)), Error) << column;
  }
}

TEST_F(Statement, ARefusalCarriesTheFactsAndTheConnectionServesOn) {
  execute("CREATE TEMP TABLE t (x int CONSTRAINT small CHECK (x < 10))");
  try {
    execute("INSERT INTO t VALUES (11)");
    FAIL();
  } catch (const StatementFailed& error) {
    EXPECT_EQ(error.sqlstate(), "23514");
    EXPECT_EQ(error.diagnostics().constraint, "small");
    EXPECT_EQ(error.diagnostics().table, "t");
    EXPECT_NE(std::string(error.what()).find("could not try: "), std::string::npos);
  }
  EXPECT_TRUE(connection_->usable());
  EXPECT_EQ(execute("SELECT 'still here'"), "still here");
}

TEST_F(Statement, TheFirstRefusalOfSeveralStatementsIsThrown) {
  try {
    execute("SELECT 1; SELECT 1/0; SELECT nonsense");
    FAIL();
  } catch (const StatementFailed& error) {
    EXPECT_EQ(error.sqlstate(), "22012");
  }
}

TEST_F(Statement, ZeroBytesAreRefusedBeforeTheyCutATextShort) {
  EXPECT_THROW(execute("SELECT 1 --\0"s), InvalidArgument);
  EXPECT_THROW(connection_->query("SELECT $1::text", {"a\0b"s}, "try", waiter_), InvalidArgument);
  EXPECT_EQ(connection_->wire().round_trips, 0);
}

TEST_F(Statement, TooManyParametersAreRefused) {
  const std::vector<Parameter> parameters(65'536, Parameter("x"));
  EXPECT_THROW(connection_->query("SELECT 1", parameters, "try", waiter_), InvalidArgument);
  EXPECT_TRUE(connection_->usable());
}

TEST_F(Statement, ACopyWhereNoneIsExpectedEndsTheConnection) {
  EXPECT_THROW(execute("COPY (SELECT 1) TO STDOUT"), Error);
  EXPECT_FALSE(connection_->usable());
}

TEST_F(Statement, KnowsWhetherATransactionIsOpen) {
  EXPECT_FALSE(connection_->in_transaction());
  execute("BEGIN");
  EXPECT_TRUE(connection_->in_transaction());
  EXPECT_THROW(execute("SELECT 1/0"), StatementFailed);
  EXPECT_TRUE(connection_->in_transaction());
  execute("ROLLBACK");
  EXPECT_FALSE(connection_->in_transaction());
}

TEST_F(Statement, AbandoningATransactionUndoesIt) {
  execute("CREATE TABLE t (x int)");
  execute("BEGIN; INSERT INTO t VALUES (1)");
  connection_->abandon_transaction();
  EXPECT_FALSE(connection_->in_transaction());
  connection_->abandon_transaction();  // nothing to do any more
  wait_until("SELECT NOT EXISTS (SELECT FROM pg_locks WHERE relation = 't'::regclass)");
  EXPECT_EQ(execute("SELECT count(*) FROM t"), "0");
}

TEST_F(Statement, RoundTripsAndBytesAreCounted) {
  const WireCounts before = connection_->wire();
  connection_->query("SELECT $1::text || 'y'", {"xx"}, "try", waiter_);
  const WireCounts& after = connection_->wire();
  EXPECT_EQ(after.round_trips - before.round_trips, 1);
  EXPECT_EQ(after.bytes_sent - before.bytes_sent, 24);
  EXPECT_EQ(after.bytes_received - before.bytes_received, 3);
}

TEST_F(Statement, NoticesAreSwallowed) {
  ::testing::internal::CaptureStderr();
  execute("DO $$ BEGIN RAISE WARNING E'evil \\x1b[2J'; END $$");
  EXPECT_EQ(::testing::internal::GetCapturedStderr(), "");
}

TEST_F(Statement, ServerTextsAreCleanedAndCapped) {
  try {
    execute("DO $$ BEGIN RAISE E'\\x1b[2J%', repeat('x', 100000); END $$");
    FAIL();
  } catch (const StatementFailed& error) {
    EXPECT_EQ(error.diagnostics().message.find('\x1b'), std::string::npos);
    EXPECT_LE(error.diagnostics().message.size(), 2'048U);
  }
}

TEST_F(Statement, AServerProcessThatIsEndedIsALostConnection) {
  const std::string pid = execute("SELECT pg_backend_pid()");
  sql("SELECT pg_terminate_backend(" + pid + ")");
  wait_until("SELECT NOT EXISTS (SELECT FROM pg_stat_activity WHERE pid = " + pid + ")");
  try {
    execute("SELECT 1");
    FAIL();
  } catch (const ServerUnavailable& error) {
    EXPECT_EQ(error.code(), ErrorCode::unreachable);
    EXPECT_TRUE(error.retryable());
    EXPECT_EQ(error.sqlstate(), "57P01");
  }
  EXPECT_FALSE(connection_->usable());
  EXPECT_FALSE(connection_->in_transaction());
  EXPECT_THROW(execute("SELECT 1"), ServerUnavailable);
  connection_->abandon_transaction();
}

TEST_F(Statement, EndedInTheMiddleOfAStatementIsALostConnectionToo) {
  try {
    execute("BEGIN; SELECT pg_terminate_backend(pg_backend_pid())");
    FAIL();
  } catch (const ServerUnavailable& error) {
    EXPECT_EQ(error.sqlstate(), "57P01");
  }
}

TEST_F(Statement, AForkedChildKeepsItsHandsOff) {
  const pid_t child = ::fork();
  if (child == 0) {
    int result = connection_->usable() ? 1 : 0;
    try {
      execute("SELECT 1");
      result |= 2;
    } catch (const Error& error) {
      if (error.code() != ErrorCode::closed) result |= 4;
    }
    connection_.reset();
    ::_exit(result);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 0);
  EXPECT_EQ(execute("SELECT 'unharmed'"), "unharmed");
}

TEST_F(Statement, AMovedConnectionIsTheSameConnection) {
  const std::string pid = execute("SELECT pg_backend_pid()");
  Connection moved = std::move(*connection_);
  connection_.emplace(std::move(moved));
  EXPECT_EQ(execute("SELECT pg_backend_pid()"), pid);
}

}  // namespace
}  // namespace playmirror::pg
