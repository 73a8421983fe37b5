// Statements that the server keeps for a connection that is ours alone.

#include "sync/pg/connection.hpp"
#include "sync/pg/failure.hpp"
#include "sync/pg/kept_statements.hpp"
#include "tests/cpp/support/connected_test.hpp"

#include <gtest/gtest.h>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::pg {
namespace {

constexpr const char* kCount = "SELECT count(*) FROM pg_prepared_statements";

class Kept : public test::ConnectedTest {
 protected:
  void SetUp() override {
    ConnectedTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    connection_->note_backend(std::stoll(execute("SELECT pg_backend_pid()")));
  }

  Command kept(const std::string& sql, std::vector<Parameter> parameters = {}) {
    return {.sql = sql,
            .parameters = std::move(parameters),
            .doing = "ask again",
            .kept_under = "a path",
            .on_result = [this](const Result& result) { answers_.push_back(result[0].text(0)); }};
  }

  std::vector<std::string> answers_;
};

TEST_F(Kept, AStatementTravelsWholeOnce) {
  const std::string sql = "SELECT $1::int + 1 AS " + std::string(40, 'x');
  std::vector<std::int64_t> sent;
  for (int i = 0; i < 3; ++i) {
    const std::int64_t before = connection_->wire().bytes_sent;
    connection_->pipeline({kept(sql, {std::to_string(i)})}, waiter_);
    sent.push_back(connection_->wire().bytes_sent - before);
  }
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "2", "3"}));
  EXPECT_EQ(sent[0] - sent[1], static_cast<std::int64_t>(sql.size()));
  EXPECT_EQ(sent[1], sent[2]);
  EXPECT_EQ(execute(kCount), "1");
}

TEST_F(Kept, OneThatComesTwiceInAPipelineIsSentOnce) {
  connection_->pipeline({kept("SELECT 1"), kept("SELECT 2"), kept("SELECT 1")}, waiter_);
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "2", "1"}));
  EXPECT_EQ(execute(kCount), "2");
}

TEST_F(Kept, BehindAnotherServerProcessNothingIsKept) {
  KeptStatements none;
  EXPECT_FALSE(none.are_possible());
  connection_ = Connection::open(dsn(), {}, waiter_);
  connection_->note_backend(1);
  connection_->pipeline({kept("SELECT 1")}, waiter_);
  EXPECT_EQ(execute(kCount), "0");
}

TEST_F(Kept, OneThatFailsWhileItIsPreparedIsPreparedAgain) {
  EXPECT_THROW(connection_->pipeline({kept("SELECT * FROM nowhere")}, waiter_), StatementFailed);
  EXPECT_THROW(connection_->pipeline({{.sql = "SELECT 1/0"}, kept("SELECT 1")}, waiter_),
               StatementFailed);
  EXPECT_EQ(execute(kCount), "0");
  connection_->pipeline({kept("SELECT 1")}, waiter_);
  connection_->pipeline({kept("SELECT 1")}, waiter_);
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "1"}));
}

TEST_F(Kept, AnExchangeThatEndsHalfwayDoesNoHarm) {
  Command thrower = kept("SELECT 1");
  thrower.on_result = [](const Result&) { throw std::runtime_error("stop"); };
  EXPECT_THROW(connection_->pipeline({thrower, kept("SELECT 2"), kept("SELECT 3")}, waiter_),
               std::runtime_error);
  for (int i = 0; i < 2; ++i) connection_->pipeline({kept("SELECT 2"), kept("SELECT 3")}, waiter_);
  EXPECT_EQ(answers_, (std::vector<std::string>{"2", "3", "2", "3"}));
}

TEST_F(Kept, OneThatTheServerHasLostIsSaidToBeLost) {
  connection_->pipeline({kept("SELECT 1")}, waiter_);
  execute("DEALLOCATE ALL");
  EXPECT_THROW(connection_->pipeline({kept("SELECT 1")}, waiter_), StatementLost);
  // And from then on none is kept.
  connection_->pipeline({kept("SELECT 1")}, waiter_);
  EXPECT_EQ(answers_, (std::vector<std::string>{"1", "1"}));
  EXPECT_EQ(execute(kCount), "0");
}

TEST_F(Kept, OneWhoseColumnsHaveChangedIsLost) {
  execute("CREATE TEMP TABLE changing (a int); INSERT INTO changing VALUES (1)");
  connection_->pipeline({kept("SELECT * FROM changing")}, waiter_);
  execute("ALTER TABLE changing ALTER a TYPE bigint");
  EXPECT_THROW(connection_->pipeline({kept("SELECT * FROM changing")}, waiter_), StatementLost);
}

TEST(KeptNames, FollowFromTextAndPath) {
  KeptStatements here;
  KeptStatements there;
  EXPECT_EQ(here.of("a", "SELECT 1").name, there.of("a", "SELECT 1").name);
  EXPECT_NE(here.of("a", "SELECT 1").name, here.of("b", "SELECT 1").name);
  EXPECT_NE(here.of("a", "SELECT 1").name, here.of("a", "SELECT 2").name);
  EXPECT_LE(here.of("a", "SELECT 1").name.size(), 63U);
}

}  // namespace
}  // namespace playmirror::pg
