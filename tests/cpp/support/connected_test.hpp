#pragma once

#include "sync/pg/connection.hpp"
#include "tests/cpp/support/database.hpp"

#include <chrono>
#include <optional>
#include <string>

namespace playmirror::test {

/// A test with a database and a pg::Connection to it.
class ConnectedTest : public DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    connection_.emplace(pg::Connection::open(dsn(), {}, waiter_));
  }

  /// Runs statements on the connection under test; the first field of the last result.
  std::string execute(const std::string& statements) {
    const pg::Result result = connection_->execute(statements, "try", waiter_);
    return result.size() > 0 ? result[0].text(0) : "";
  }

  CallControl control_;
  pg::Waiter waiter_{control_, std::chrono::seconds(10)};
  std::optional<pg::Connection> connection_;
};

}  // namespace playmirror::test
