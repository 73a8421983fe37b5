// Databases for tests, by way of plain libpq.

#include "tests/cpp/support/database.hpp"

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <libpq-fe.h>
#include <stdexcept>
#include <string_view>
#include <thread>
#include <unistd.h>

namespace playmirror::test {
namespace {

constexpr const char* kTemplate = "music_template";

void ignore_notice(void*, const PGresult*) {}

std::string new_name() {
  static std::atomic<int> count = 0;
  return "test_" + std::to_string(::getpid()) + "_" + std::to_string(++count);
}

}  // namespace

std::string server_dsn() {
  const char* dsn = std::getenv("PLAYMIRROR_TEST_DSN");
  return dsn != nullptr ? dsn : "";
}

std::string run_sql(const std::string& dsn, const std::string& sql) {
  const std::unique_ptr<PGconn, decltype(&PQfinish)> connection(PQconnectdb(dsn.c_str()),
                                                                &PQfinish);
  if (PQstatus(connection.get()) != CONNECTION_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  PQsetNoticeReceiver(connection.get(), ignore_notice, nullptr);
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection.get(), sql.c_str()),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) {
    throw std::runtime_error(PQerrorMessage(connection.get()));
  }
  return PQntuples(result.get()) > 0 ? PQgetvalue(result.get(), 0, 0) : "";
}

Database::Database() : name_(new_name()), dsn_(server_dsn() + " dbname=" + name_) {
  run_sql(server_dsn(), "CREATE DATABASE " + name_ + " TEMPLATE " + kTemplate);
}

Database::~Database() {
  try {
    run_sql(server_dsn(), "DROP DATABASE IF EXISTS " + name_ + " WITH (FORCE)");
  } catch (const std::exception&) {  // the server is a throwaway, and may be gone by now
  }
}

void DatabaseTest::SetUp() {
  if (server_dsn().empty()) {
    const char* ci = std::getenv("CI");
    if (ci != nullptr && std::string_view(ci) == "true") FAIL() << "PLAYMIRROR_TEST_DSN is unset";
    GTEST_SKIP() << "needs a server: python3 tests/server/with_server.py -- COMMAND";
  }
  database_ = std::make_unique<Database>();
}

void DatabaseTest::wait_until(const std::string& query) const {
  for (int i = 0; i < 500; ++i) {
    if (sql(query) == "t") return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  FAIL() << "this did not become true: " << query;
}

void require_password(const std::string& role) {
  const std::string dsn = server_dsn();
  const std::string file = run_sql(dsn, "SHOW hba_file");
  const std::string before = run_sql(dsn, "SELECT pg_conf_load_time()");
  // The first rule that fits decides, so ours goes on top. The lock keeps other tests out; the
  // table is there because COPY empties the file before it runs its query.
  const std::string rule = "host all " + role + " 127.0.0.1/32 scram-sha-256";
  run_sql(dsn,
          "SELECT pg_advisory_lock(1);"
          "CREATE TEMP TABLE rules AS SELECT 0 AS n, '" +
              rule +
              "' AS line"
              "  UNION ALL SELECT n, line FROM regexp_split_to_table(pg_read_file('" +
              file +
              "'), "
              "  '\\n') WITH ORDINALITY AS old(line, n);"
              "COPY (SELECT line FROM rules ORDER BY n) TO '" +
              file +
              "';"
              "SELECT pg_reload_conf()");
  for (int i = 0; i < 500; ++i) {
    if (run_sql(dsn, "SELECT pg_conf_load_time()") != before) return;
    std::this_thread::sleep_for(std::chrono::milliseconds(20));
  }
  throw std::runtime_error("the server did not read its new rules");
}

}  // namespace playmirror::test
