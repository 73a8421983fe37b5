// sql() as the fence around statements that somebody else wrote: what it refuses, what it stops.

#include "core/query/sql_columns.hpp"
#include "core/sqlite/fence.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <fstream>
#include <sstream>

namespace playmirror {
namespace {

using namespace std::chrono_literals;

class SqlFence : public QueryTest {
 protected:
  SqlFence() {
    execute(R"(
      INSERT INTO tracks (id, name) VALUES ('t1', 'Jóga');
      INSERT INTO play_history (id, track_id) VALUES (1, 't1');)");
  }

  /// The code of the error that the statement ends with; nothing if it runs.
  [[nodiscard]] std::optional<ErrorCode> outcome(std::string_view sql,
                                                 const std::vector<Value>& values = {},
                                                 const SqlOptions& options = {}) const {
    try {
      static_cast<void>(mirror_.sql(sql, values, options));
      return std::nullopt;
    } catch (const QueryError& error) {
      return error.code();
    }
  }

  [[nodiscard]] std::string file_bytes() const {
    std::ostringstream bytes;
    bytes << std::ifstream(mirror_.path(), std::ios::binary).rdbuf();
    return bytes.str();
  }
};

// Statements that write, reach outside the file, change the connection, or are not one statement.
constexpr std::string_view kRefused[] = {
    // Rows.
    "INSERT INTO tracks (id) VALUES ('x')",
    "INSERT OR REPLACE INTO tracks (id) VALUES ('t1')",
    "REPLACE INTO tracks (id) VALUES ('t1')",
    "INSERT INTO tracks (id) SELECT 'x'",
    "INSERT INTO tracks (id) VALUES ('x') RETURNING id",
    "INSERT INTO tracks DEFAULT VALUES",
    "UPDATE tracks SET name = 'x'",
    "UPDATE tracks SET name = 'x' RETURNING name",
    "UPDATE playmirror_outbox SET state = 'queued'",
    "DELETE FROM play_history",
    "DELETE FROM play_history RETURNING id",
    "WITH x(id) AS (SELECT 'x') INSERT INTO tracks (id) SELECT id FROM x",
    "WITH x(id) AS (SELECT 't1') DELETE FROM tracks WHERE id IN (SELECT id FROM x)",
    "WITH x(id) AS (SELECT 't1') UPDATE tracks SET name = NULL WHERE id IN (SELECT id FROM x)",
    // The schema.
    "CREATE TABLE x (y)",
    "CREATE TABLE x AS SELECT * FROM tracks",
    "CREATE TEMP TABLE x (y)",
    "CREATE TEMP TABLE x AS SELECT * FROM tracks",
    "CREATE VIEW x AS SELECT 1",
    "CREATE TEMP VIEW x AS SELECT 1",
    "CREATE INDEX x ON tracks (name)",
    "CREATE UNIQUE INDEX IF NOT EXISTS x ON tracks (name)",
    "CREATE TRIGGER x AFTER INSERT ON tracks BEGIN DELETE FROM tracks; END",
    "CREATE TEMP TRIGGER x AFTER INSERT ON tracks BEGIN DELETE FROM tracks; END",
    "CREATE VIRTUAL TABLE x USING fts5 (y)",
    "CREATE VIRTUAL TABLE temp.x USING rtree (a, b, c)",
    "ALTER TABLE tracks RENAME TO songs",
    "ALTER TABLE tracks ADD COLUMN x TEXT",
    "ALTER TABLE tracks RENAME COLUMN name TO title",
    "ALTER TABLE tracks DROP COLUMN name",
    "DROP TABLE play_history",
    "DROP TABLE IF EXISTS play_history",
    "DROP INDEX play_history_played_at",
    "DROP VIEW IF EXISTS tracks_view_that_is_not_there; SELECT 1",
    "REINDEX",
    "REINDEX play_history",
    "ANALYZE",
    "ANALYZE play_history",
    // Transactions.
    "BEGIN",
    "BEGIN IMMEDIATE",
    "BEGIN EXCLUSIVE",
    "COMMIT",
    "END",
    "ROLLBACK",
    "SAVEPOINT x",
    "RELEASE x",
    "ROLLBACK TO x",
    // Files.
    "ATTACH ':memory:' AS x",
    "ATTACH 'other.db' AS x",
    "ATTACH DATABASE 'file:/tmp/x.db?mode=rwc' AS x",
    "DETACH main",
    "VACUUM",
    "VACUUM main",
    "VACUUM INTO '/tmp/playmirror-sql-fence-test.db'",
    // The connection.
    "PRAGMA query_only = 0",
    "PRAGMA writable_schema = 1",
    "PRAGMA journal_mode = DELETE",
    "PRAGMA journal_mode",
    "PRAGMA wal_checkpoint(TRUNCATE)",
    "PRAGMA synchronous = OFF",
    "PRAGMA trusted_schema = ON",
    "PRAGMA user_version = 7",
    "PRAGMA user_version",
    "PRAGMA application_id = 0",
    "PRAGMA foreign_keys = OFF",
    "PRAGMA temp_store_directory = '/tmp'",
    "PRAGMA mmap_size = 1000000000",
    "PRAGMA locking_mode = EXCLUSIVE",
    "PRAGMA incremental_vacuum",
    "PRAGMA optimize",
    "PRAGMA shrink_memory",
    "PRAGMA hard_heap_limit = 1",
    "PRAGMA integrity_check",
    "PRAGMA no_such_pragma",
    "PRAGMA table_info(tracks)",
    "SELECT * FROM pragma_table_info('tracks')",
    "SELECT * FROM pragma_user_version",
    "SELECT * FROM dbstat",
    "SELECT * FROM sqlite_stmt",
    "EXPLAIN DELETE FROM tracks",
    "EXPLAIN QUERY PLAN DROP TABLE tracks",
    // Functions.
    "SELECT load_extension('x')",
    "SELECT load_extension('x', 'y')",
    "SELECT LOAD_EXTENSION('x')",
    "SELECT \"load_extension\"('x')",
    "SELECT (SELECT load_extension(name) FROM tracks)",
    "SELECT fts3_tokenizer('simple')",
    "SELECT fts3_tokenizer('simple', x'0011223344556677')",
    "SELECT rtreecheck('tracks')",
    // More, or less, than one statement.
    "",
    " ",
    ";",
    ";;;",
    "-- SELECT 1",
    "/* SELECT 1 */",
    "/* SELECT 1",
    "SELECT 1; SELECT 2",
    "SELECT 1; DELETE FROM tracks",
    "SELECT 1; DROP TABLE tracks; --",
    "SELECT 1; nonsense",
    "SELECT 1;;x",
    "; ; SELECT 1; SELECT 2",
    "SELECT 1 /* ; */ ; /* */ COMMIT",
};

TEST_F(SqlFence, RefusesEverythingButOneSelect) {
  EXPECT_GE(std::size(kRefused), 60U);
  const std::string before = file_bytes();
  for (const std::string_view sql : kRefused) {
    EXPECT_EQ(outcome(sql), ErrorCode::query_refused) << sql;
  }
  EXPECT_EQ(file_bytes(), before);
  EXPECT_FALSE(std::filesystem::exists("/tmp/playmirror-sql-fence-test.db"));
  EXPECT_EQ(mirror_.tracks().find("t1")->name, "Jóga");
}

TEST_F(SqlFence, SaysWhatItRefused) {
  const auto reason = [&](std::string_view sql) -> std::string {
    try {
      static_cast<void>(mirror_.sql(sql));
      return "";
    } catch (const QueryError& error) {
      return error.what();
    }
  };
  const std::string refused = "sql() did not run the statement: ";
  EXPECT_EQ(reason("DELETE FROM tracks"), refused + "it does more than read the mirror's tables");
  EXPECT_EQ(reason("SELECT Load_Extension('x')"), refused + "it calls load_extension()");
  EXPECT_EQ(reason("SELECT 1; SELECT 2"), refused + "another one follows it");
  EXPECT_EQ(reason(" -- nothing"), refused + "there is none");
}

TEST_F(SqlFence, RefusesANulThatWouldHideASecondStatement) {
  using namespace std::string_view_literals;
  EXPECT_EQ(outcome("SELECT 1\0; DELETE FROM tracks"sv), ErrorCode::query_refused);
  EXPECT_EQ(outcome("\0"sv), ErrorCode::query_refused);
}

TEST_F(SqlFence, AcceptsEveryShapeOfASelect) {
  for (const std::string_view sql : {
           "SELECT 1",
           "  SELECT 1 ; ",
           "SELECT 1;;; -- done",
           ";SELECT 1",
           "-- first\nSELECT 1 /* last */",
           "SELECT 1; /* never closed",
           "VALUES (1), (2)",
           "WITH x AS (SELECT 1) SELECT * FROM x",
           "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9) SELECT i "
           "FROM n",
           "SELECT name FROM tracks UNION SELECT id FROM play_history",
           "SELECT count(*), sum(1) OVER () FROM play_history GROUP BY track_id",
           "SELECT t.name FROM tracks t JOIN play_history p ON p.track_id = t.id",
           "SELECT value FROM json_each('[1, 2]')",
           "SELECT a.value FROM json_tree('[1]') a, json_each('[2]') b",
           "SELECT strftime('%Y', played_at), date(played_at) FROM play_history",
           "SELECT playmirror_micros(played_at) FROM play_history",
           "SELECT name, sql FROM sqlite_schema",
           "SELECT count(*) FROM playmirror_outbox",
           "EXPLAIN QUERY PLAN SELECT * FROM tracks",
           "SELECT 'DELETE FROM tracks; DROP TABLE tracks'",
           "SELECT replace(hex(zeroblob(1000)), '00', 'ab')",
       }) {
    EXPECT_EQ(outcome(sql), std::nullopt) << sql;
  }
}

TEST_F(SqlFence, ReportsWhatSqliteRejectsAndWhere) {
  try {
    static_cast<void>(mirror_.sql("SELECT name, tempoo FROM tracks"));
    FAIL();
  } catch (const QueryError& error) {
    EXPECT_EQ(error.code(), ErrorCode::query_failed);
    EXPECT_STREQ(error.what(), "SQLite rejects the statement: no such column: tempoo (byte 13)");
    EXPECT_EQ(error.outcome(), Outcome::unchanged);
    EXPECT_FALSE(error.retryable());
  }
  for (const std::string_view sql :
       {"SELEC 1", "SELECT", "SELECT FROM tracks", "SELECT * FROM nowhere", "SELECT \"no column\"",
        "SELECT no_such_function()", "SELECT sum(1, 2)", "SELECT abs(-9223372036854775808)",
        "SELECT json_extract('{', '$')", "DELETE FROM nowhere", "DELETE FROM sqlite_schema",
        "UPDATE sqlite_schema SET sql = ''", "nonsense", "'", "SELECT 'open"}) {
    EXPECT_EQ(outcome(sql), ErrorCode::query_failed) << sql;
  }
}

TEST_F(SqlFence, StopsAtTheTimeout) {
  const std::string_view endless =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT count(*) FROM n";
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(outcome(endless, {}, {.timeout = 100ms}), ErrorCode::query_limit);
  EXPECT_LT(std::chrono::steady_clock::now() - start, 5s);
  EXPECT_EQ(outcome("SELECT 1"), std::nullopt);  // the connection is as before
}

TEST_F(SqlFence, TakesAnyTimeoutThatLeavesTime) {
  EXPECT_EQ(outcome("SELECT 1", {}, {.timeout = std::chrono::milliseconds::max()}), std::nullopt);
  EXPECT_EQ(outcome("SELECT 1", {}, {.timeout = 1'000ms}), std::nullopt);
  for (const auto none : {0ms, -1ms, std::chrono::milliseconds::min()}) {
    EXPECT_THROW(static_cast<void>(mirror_.sql("SELECT 1", {}, {.timeout = none})),
                 InvalidArgument);
  }
}

TEST_F(SqlFence, StopsGiants) {
  for (const std::string_view sql : {
           "SELECT zeroblob(900000000)",
           "SELECT length(zeroblob(900000000))",
           "SELECT randomblob(900000000)",
           "SELECT hex(zeroblob(100000000))",
           "SELECT replace(hex(zeroblob(8000000)), '0', 'abcdefghij')",
           "WITH RECURSIVE n(s) AS (SELECT 'x' UNION ALL SELECT s || s FROM n) "
           "SELECT length(s) FROM n",
           "SELECT json_group_array(hex(zeroblob(4000000))) FROM (VALUES (1), (2), (3), (4))",
           "SELECT 1 FROM (VALUES (1), (2)) ORDER BY zeroblob(9000000), zeroblob(9000000)",
       }) {
    EXPECT_EQ(outcome(sql), ErrorCode::query_limit) << sql;
  }
  EXPECT_EQ(outcome("SELECT ?", {std::string(17 << 20, 'x')}), ErrorCode::query_limit);
  EXPECT_EQ(outcome(std::string(2'000'000, ' ') + "SELECT 1"), ErrorCode::query_limit);
  EXPECT_EQ(outcome("SELECT 'x' LIKE replace(hex(zeroblob(600)), '0', '_')"),
            ErrorCode::query_failed);
}

TEST_F(SqlFence, StopsAResultThatWouldFillTheMemory) {
  auto state = MirrorAccess::state(mirror_);
  auto reader = state->reader();
  const sqlite::FenceLimits limits{.deadline = std::chrono::steady_clock::now() + 60s,
                                   .value_bytes = 1'000'000,
                                   .result_bytes = 10'000'000};
  const std::string_view rows =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n "
      "LIMIT ?) SELECT zeroblob(100000) FROM n";
  const auto run = [&](std::int64_t count) {
    query::SqlResult result(reader.database());
    const CallControl control;
    CallWatch watch(control);
    sqlite::run_fenced(reader.database(), rows, {count}, limits, result, watch);
    return std::move(result).finish();
  };
  EXPECT_EQ(run(99).row_count(), 99U);
  EXPECT_THROW(static_cast<void>(run(101)), QueryError);
}

TEST_F(SqlFence, StopsForItsCaller) {
  const std::string_view forever =
      "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) SELECT sum(i) FROM n";
  std::stop_source stop;
  const CallControl stopped{.on_tick = [&] { stop.request_stop(); }, .stop = stop.get_token()};
  EXPECT_THROW(static_cast<void>(mirror_.sql(forever, {}, {}, stopped)), Cancelled);
  const CallControl throwing{.on_tick = [] { throw std::domain_error("enough"); }};
  EXPECT_THROW(static_cast<void>(mirror_.sql(forever, {}, {}, throwing)), std::domain_error);
  // The connection is as before, and another call may use it.
  EXPECT_EQ(outcome("VALUES (1)"), std::nullopt);
}

TEST_F(SqlFence, StopsAtMaxRows) {
  const std::string_view three = "VALUES (1), (2), (3)";
  EXPECT_EQ(outcome(three, {}, {.max_rows = 2}), ErrorCode::query_limit);
  EXPECT_EQ(outcome(three, {}, {.max_rows = 3}), std::nullopt);
  EXPECT_EQ(outcome(three, {}, {.max_rows = 0}), std::nullopt);
  EXPECT_THROW(static_cast<void>(mirror_.sql(three, {}, {.max_rows = -1})), InvalidArgument);
}

TEST_F(SqlFence, LeavesTheConnectionAsItWas) {
  auto state = MirrorAccess::state(mirror_);
  static_cast<void>(mirror_.sql("SELECT 1"));
  EXPECT_EQ(outcome("DELETE FROM tracks"), ErrorCode::query_refused);
  auto reader = state->reader();  // the one that sql() gave back
  EXPECT_EQ(reader->query_int("SELECT length(zeroblob(100000000))"), 100'000'000);
  EXPECT_EQ(reader->query_text("PRAGMA journal_mode"), "wal");
}

}  // namespace
}  // namespace playmirror
