// All plays as a table, from the columns of plays: the same as from the rows, whatever they hold.

#include "core/query/plays_table.hpp"

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/record_members.hpp>
#include <playmirror/to_table.hpp>

namespace playmirror {
namespace {

class PlaysTable : public QueryTest {
 protected:
  /// What stands for a row among all values of its column.
  static std::int64_t raw_value(const Column& column, std::size_t row) {
    switch (column.type()) {
      case ColumnType::int64:
        return column.integers()[row];
      case ColumnType::timestamp:
        return column.micros()[row];
      case ColumnType::dictionary:
        return column.codes()[row];
      default:
        return 0;
    }
  }

  /// The columns' table equals that of the listing, value by value.
  void expect_as_listed(const PlayFilter& filter) {
    const auto table = query::plays_table(*MirrorAccess::state(mirror_), filter);
    ASSERT_TRUE(table.has_value());
    const Table listed = to_table(all(mirror_.plays().list(filter)));
    ASSERT_EQ(table->schema(), listed.schema());
    ASSERT_EQ(table->row_count(), listed.row_count());
    for (std::size_t column = 0; column < listed.columns().size(); ++column) {
      const Column& ours = table->columns()[column];
      const Column& theirs = listed.columns()[column];
      EXPECT_EQ(ours.null_count(), theirs.null_count()) << ours.name();
      EXPECT_EQ(ours.beyond_arrow(), theirs.beyond_arrow()) << ours.name();
      for (std::size_t row = 0; row < listed.row_count(); ++row) {
        EXPECT_EQ(ours.value(row), theirs.value(row)) << ours.name() << ' ' << row;
        for (const Column& each : {ours, theirs}) {
          EXPECT_TRUE(!each.is_null(row) || raw_value(each, row) == 0) << ours.name() << ' ' << row;
        }
      }
      if (ours.type() == ColumnType::dictionary) {
        EXPECT_EQ(ours.dictionary().size(), theirs.dictionary().size()) << ours.name();
      }
    }
  }

  void add_odd_plays() {
    execute(R"(
      INSERT INTO tracks (id) VALUES ('t1'), ('t2'), ('unplayed');
      INSERT INTO play_history (id, track_id, played_at, context_uri, listened_ms, skipped, source)
      VALUES
        (1, 't1', '2026-01-31 23:30:00.25', 'c1', 1000, 1, 's'),
        (2, 't2', '2026-02-01 00:30:00', NULL, NULL, NULL, NULL),
        (3, 't1', '2026-02-01 00:30:00', '', -5, 0, 's2'),
        (4, NULL, NULL, 'c1', 9223372036854775807, 1, 's'),
        (5, 'gone', 'infinity', 'c2', 2147483648, 0, 's'),
        (6, 't1', '-infinity', NULL, 0, NULL, NULL),
        (7, 't2', '0044-03-15 00:00:00 BC', NULL, 1, 0, 's'),
        (8, 't2', '1969-12-31 23:59:59.999999', NULL, 1, 0, 's'),
        (9, NULL, NULL, NULL, NULL, NULL, NULL),
        (-7, 't1', '294247-01-10 04:00:54.775', NULL, -2147483648, 0, 's'))");
    execute("UPDATE playmirror_tables SET odd_times = 1 WHERE name = 'play_history'");
  }
};

TEST_F(PlaysTable, IsTheListingInBothOrdersAndOverAnyPeriod) {
  add_odd_plays();
  const auto at = [](const char* text) { return Timestamp::parse(text); };
  for (const Order order : {Order::newest_first, Order::oldest_first}) {
    for (const std::int64_t limit : {0, 1, 3, 9, 10, 11}) {
      expect_as_listed({.order = order, .limit = limit});
      expect_as_listed({.since = at("2026-01-31T23:30:00.25Z"), .order = order, .limit = limit});
      expect_as_listed({.until = at("2026-02-01T00:30:00Z"), .order = order, .limit = limit});
      expect_as_listed({.since = at("1900-01-01T00:00:00Z"),
                        .until = at("2100-01-01T00:00:00Z"),
                        .order = order,
                        .limit = limit});
    }
  }
}

TEST_F(PlaysTable, IsTheListingOfAnEmptyMirror) {
  expect_as_listed({});
  expect_as_listed({.since = Timestamp::parse("2026-01-01T00:00:00Z")});
}

TEST_F(PlaysTable, LeavesToTheRowsWhatColumnsCannotTell) {
  const auto asked = [&](const PlayFilter& filter) {
    return query::plays_table(*MirrorAccess::state(mirror_), filter).has_value();
  };
  EXPECT_FALSE(asked({.track_id = "t"}));
  EXPECT_FALSE(asked({.skipped = true}));
  EXPECT_FALSE(asked({.pending = true}));
  EXPECT_FALSE(asked({.until = Timestamp::infinity()}));
  EXPECT_TRUE(asked({}));
  execute("INSERT INTO play_history (id, played_at) VALUES (1, '294276-12-31 00:00:00')");
  EXPECT_FALSE(asked({}));
  EXPECT_EQ(mirror_.plays().table().column("played_at").value(0),
            Cell(Timestamp::parse("294276-12-31T00:00:00Z")));
}

TEST_F(PlaysTable, IsKeptUntilAPlayChanges) {
  add_odd_plays();
  const auto ids = [&](Order order) { return mirror_.plays().table({.order = order}); };
  const Table first = ids(Order::oldest_first);
  const auto memory = [](const Table& table) { return table.column("id").integers().data(); };
  EXPECT_EQ(memory(ids(Order::oldest_first)), memory(first));
  EXPECT_NE(memory(ids(Order::newest_first)), memory(first));
  execute("UPDATE play_history SET id = 20 WHERE id = 3");
  for (const Order order : {Order::oldest_first, Order::newest_first}) {
    expect_as_listed({.order = order});
  }
  execute("DELETE FROM play_history WHERE id = 20");
  EXPECT_EQ(ids(Order::oldest_first).row_count(), 9U);
  expect_as_listed({});
  EXPECT_EQ(first.row_count(), 10U);
}

TEST_F(PlaysTable, OutlivesTheMirror) {
  add_odd_plays();
  const Table table = mirror_.plays().table();
  mirror_.close();
  EXPECT_EQ(table.column("source").dictionary().size(), 2U);
  EXPECT_EQ(table.row_count(), 10U);
}

}  // namespace
}  // namespace playmirror
