// sql() as a question: parameters, types, names, sizes and moments of the answer.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <cmath>
#include <limits>
#include <thread>

namespace playmirror {
namespace {

class SqlResult : public QueryTest {};

Cell cell(const Table& table, std::size_t row = 0, std::size_t column = 0) {
  return table.columns().at(column).value(row);
}

/// What was bound, as it comes back.
Cell as_cell(const Value& value) {
  return std::visit([](const auto& held) { return Cell(held); }, value);
}

TEST_F(SqlResult, BindsEveryTypeAndGivesItBack) {
  using namespace std::string_literals;
  const std::vector<Value> values{
      std::monostate{},
      std::numeric_limits<std::int64_t>::min(),
      std::numeric_limits<std::int64_t>::max(),
      std::numeric_limits<double>::denorm_min(),
      -std::numeric_limits<double>::infinity(),
      ""s,
      "with\0NUL"s,
      "'; DROP TABLE tracks; --\xF0\x9F\x8E\xB5"s,
      Blob{""s},
      Blob{"\x00\xff\x80"s},
  };
  const Table table = mirror_.sql("SELECT ?, ?, ?, ?, ?, ?, ?, ?, ?, ?", values);
  ASSERT_EQ(table.row_count(), 1U);
  ASSERT_EQ(table.columns().size(), values.size());
  for (std::size_t i = 0; i < values.size(); ++i)
    EXPECT_EQ(cell(table, 0, i), as_cell(values[i])) << i;
}

TEST_F(SqlResult, CountsItsParameters) {
  EXPECT_THROW(static_cast<void>(mirror_.sql("SELECT ?")), QueryError);
  EXPECT_THROW(static_cast<void>(mirror_.sql("SELECT 1", {Value(std::int64_t{1})})), QueryError);
  const Table table = mirror_.sql("SELECT ?2, ?1, :name", {std::int64_t{1}, std::int64_t{2}, 3.5});
  EXPECT_EQ(cell(table, 0, 0), Cell(std::int64_t{2}));
  EXPECT_EQ(cell(table, 0, 1), Cell(std::int64_t{1}));
  EXPECT_EQ(cell(table, 0, 2), Cell(3.5));
}

TEST_F(SqlResult, HasTheColumnsOfTheSelectEvenWithoutRows) {
  const Table table = mirror_.sql("SELECT id, name AS title, name, 1 AS id FROM tracks");
  ASSERT_EQ(table.columns().size(), 4U);
  EXPECT_EQ(table.columns()[0].name(), "id");
  EXPECT_EQ(table.columns()[1].name(), "title");
  EXPECT_EQ(table.columns()[2].name(), "name");
  EXPECT_EQ(table.columns()[3].name(), "id");
  EXPECT_EQ(table.row_count(), 0U);
}

TEST_F(SqlResult, ReadsTheMirrorAsTheServerSpellsIt) {
  execute(R"(
    INSERT INTO tracks (id, name, tempo) VALUES ('t1', 'Jóga', 92.5), ('t2', 'Hyperballad', NULL);
    INSERT INTO play_history (id, track_id, played_at, skipped) VALUES
      (1, 't1', '2026-01-31 23:30:00.25', 1), (2, 't1', '2026-02-01 00:30:00', 0);)");
  const Table table = mirror_.sql(
      "SELECT t.name, date(ph.played_at), ph.skipped, t.tempo FROM play_history ph "
      "JOIN tracks t ON ph.track_id = t.id WHERE t.tempo > ? ORDER BY ph.played_at DESC LIMIT 10",
      {90.0});
  ASSERT_EQ(table.row_count(), 2U);
  EXPECT_EQ(cell(table, 0, 0), Cell(std::string("Jóga")));
  EXPECT_EQ(cell(table, 0, 1), Cell(std::string("2026-02-01")));
  EXPECT_EQ(cell(table, 1, 1), Cell(std::string("2026-01-31")));
  EXPECT_EQ(cell(table, 1, 2), Cell(true));
  EXPECT_EQ(cell(table, 0, 3), Cell(92.5));
}

TEST_F(SqlResult, OrdersOddYearsThroughTheInstant) {
  execute(R"(INSERT INTO play_history (id, played_at) VALUES (1, '10000-01-01 00:00:00'),
    (2, '0044-03-15 00:00:00 BC'), (3, '2026-01-01 00:00:00'), (4, 'infinity'), (5, NULL))");
  const Table table = mirror_.sql(
      "SELECT id, playmirror_micros(played_at) FROM play_history ORDER BY 2 NULLS LAST");
  const auto ids = table.columns()[0].integers();
  EXPECT_EQ(std::vector(ids.begin(), ids.end()), (std::vector<std::int64_t>{2, 3, 1, 4, 5}));
  EXPECT_EQ(cell(table, 3, 1), Cell(std::numeric_limits<std::int64_t>::max()));
  EXPECT_EQ(cell(mirror_.sql("SELECT playmirror_micros('yesterday'), playmirror_micros(5)")),
            Cell());
}

TEST_F(SqlResult, ReadsMirroredFieldsOfAnySize) {
  // Two fields that are longer than a statement may compute together, and then each by itself.
  for (const std::size_t megabytes : {9U, 40U}) {
    auto state = MirrorAccess::state(mirror_);
    state->write([&](sqlite::Database& database) {
      database.execute("DELETE FROM tracks");
      database.prepare("INSERT INTO tracks (id, lyrics, raw_data) VALUES ('t', ?, ?)")
          .bind_all(std::string(megabytes << 20, 'x'), std::string(megabytes << 20, 'y'))
          .run();
    });
    const Table table = mirror_.sql("SELECT lyrics FROM tracks");
    EXPECT_EQ(std::get<std::string>(cell(table)).size(), megabytes << 20);
    EXPECT_EQ(cell(mirror_.sql("SELECT length(lyrics) FROM tracks ORDER BY raw_data")),
              Cell(static_cast<std::int64_t>(megabytes << 20)));
    EXPECT_THROW(static_cast<void>(mirror_.sql("SELECT zeroblob(900000000) FROM tracks")),
                 QueryError);
  }
}

TEST_F(SqlResult, OutlivesTheMirror) {
  execute("INSERT INTO tracks (id, name) VALUES ('t1', 'Jóga')");
  const Table table = mirror_.sql("SELECT name FROM tracks");
  mirror_.close();
  EXPECT_EQ(cell(table), Cell(std::string("Jóga")));
  try {
    static_cast<void>(mirror_.sql("SELECT 1"));
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::closed);
  }
}

TEST_F(SqlResult, RunsInManyThreadsBesideAWriter) {
  std::vector<std::jthread> threads;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&] {
      for (int i = 0; i < 50; ++i) {
        const Table table = mirror_.sql("SELECT count(*) FROM play_history");
        EXPECT_EQ(std::get<std::int64_t>(cell(table)) % 2, 0);  // never half a transaction
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    execute("INSERT INTO play_history (track_id) VALUES (NULL), (NULL)");
  }
}

}  // namespace
}  // namespace playmirror
