#pragma once

#include <gtest/gtest.h>
#include <memory>
#include <string>

/// A database of its own for each test, on the server that PLAYMIRROR_TEST_DSN names
/// (tests/server/with_server.py starts one). Speaks libpq by itself: a test of our connection must
/// not depend on our connection.
namespace playmirror::test {

/// PLAYMIRROR_TEST_DSN, a superuser's connection string in keyword form; empty when unset.
[[nodiscard]] std::string server_dsn();

/// Runs statements on a connection of their own. Returns the first field of the last result, ""
/// when there is none. Throws std::runtime_error with the server's message.
std::string run_sql(const std::string& dsn, const std::string& sql);

/// An empty music database; gone, with whoever is still in it, when the object goes.
class Database {
 public:
  Database();
  ~Database();
  Database(const Database&) = delete;
  Database& operator=(const Database&) = delete;

  [[nodiscard]] const std::string& name() const noexcept { return name_; }
  [[nodiscard]] const std::string& dsn() const noexcept { return dsn_; }

 private:
  std::string name_;
  std::string dsn_;
};

/// A test with a database. Without a server it is skipped, or fails where CI=true.
class DatabaseTest : public ::testing::Test {
 protected:
  void SetUp() override;

  [[nodiscard]] const std::string& dsn() const { return database_->dsn(); }

  /// Runs statements in the database, as its owner.
  std::string sql(const std::string& statements) const { return run_sql(dsn(), statements); }

  /// Waits until the query returns "t"; fails the test after ten seconds.
  void wait_until(const std::string& query) const;

 private:
  std::unique_ptr<Database> database_;
};

/// Makes the server ask this role for its password from now on, over TCP.
void require_password(const std::string& role);

}  // namespace playmirror::test
