// Plays: reading in the server's order, by every filter, from one moment of the file.

#include "core/query/record_reader.hpp"
#include "core/query/time_column.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <utility>

namespace playmirror {
namespace {

using Ids = std::vector<std::int64_t>;

Timestamp at(std::string_view text) { return Timestamp::parse_postgres(text); }

class QueryPlays : public QueryTest {
 protected:
  QueryPlays() {
    execute(R"(
      INSERT INTO artists (id, name) VALUES ('a1', 'Björk'), ('a2', 'Can');
      INSERT INTO tracks (id, name) VALUES ('t1', 'Jóga'), ('t2', 'Halleluhwah');
      INSERT INTO track_artists VALUES ('t1', 'a1'), ('t2', 'a1'), ('t2', 'a2');
      INSERT INTO play_history VALUES
        (1, 't1', '2026-01-01 10:00:00',     'c1', 1000, 1,    'poll'),
        (2, 't2', '2026-01-01 10:00:00',     NULL, NULL, NULL, 'poll'),
        (3, 't1', '2026-01-01 10:00:00.5',   'c1', 0,    0,    'import'),
        (4, NULL, NULL,                      NULL, NULL, NULL, NULL),
        (5, 't2', 'infinity',                'c2', 5,    1,    'poll'),
        (6, 't1', '-infinity',               'c2', 6,    0,    ''),
        (7, 't2', NULL,                      'c1', 7,    1,    'poll'),
        (0, 't1', '2025-12-31 23:59:59.999999', NULL, 8, NULL, 'poll'),
        (-5, 't1', '2026-01-01 09:00:00',    NULL, 9,   NULL, 'poll');)");
  }

  [[nodiscard]] Ids listed(const PlayFilter& filter) const {
    const Ids found = ids(all(mirror_.plays().list(filter)));
    EXPECT_EQ(mirror_.plays().count(filter), std::ssize(found));
    return found;
  }
};

TEST_F(QueryPlays, ReadsEveryColumn) {
  EXPECT_EQ(mirror_.plays().find(1), (Play{.id = 1,
                                           .track_id = "t1",
                                           .played_at = at("2026-01-01 10:00:00"),
                                           .context_uri = "c1",
                                           .listened_ms = 1000,
                                           .skipped = true,
                                           .source = "poll"}));
  EXPECT_EQ(mirror_.plays().find(4), Play{.id = 4});
  EXPECT_EQ(mirror_.plays().find(6)->source, "");
  EXPECT_EQ(mirror_.plays().find(5)->played_at, Timestamp::infinity());
  EXPECT_EQ(mirror_.plays().find(99), std::nullopt);
}

TEST_F(QueryPlays, AreInTheServersOrder) {
  // ORDER BY played_at DESC, id DESC on PostgreSQL: NULL is the greatest value.
  EXPECT_EQ(listed({}), (Ids{7, 4, 5, 3, 2, 1, -5, 0, 6}));
  EXPECT_EQ(listed({.order = Order::oldest_first}), (Ids{6, 0, -5, 1, 2, 3, 5, 4, 7}));
}

TEST_F(QueryPlays, StopAtTheLimit) {
  const Ids newest = listed({});
  const Ids oldest = listed({.order = Order::oldest_first});
  for (std::int64_t limit = 1; limit <= 12; ++limit) {
    const auto size = std::min<std::ptrdiff_t>(limit, 9);
    EXPECT_EQ(listed({.limit = limit}), Ids(newest.begin(), newest.begin() + size));
    EXPECT_EQ(listed({.order = Order::oldest_first, .limit = limit}),
              Ids(oldest.begin(), oldest.begin() + size));
    EXPECT_EQ(ids(mirror_.plays().recent(limit)), Ids(newest.begin(), newest.begin() + size));
  }
  EXPECT_EQ(ids(mirror_.plays().recent(0)), newest);
  EXPECT_THROW(static_cast<void>(mirror_.plays().recent(-1)), InvalidArgument);
  EXPECT_THROW(static_cast<void>(mirror_.plays().count({.limit = -1})), InvalidArgument);
}

TEST_F(QueryPlays, FollowEachFilter) {
  EXPECT_EQ(listed({.track_id = "t2"}), (Ids{7, 5, 2}));
  EXPECT_EQ(listed({.artist_id = "a1"}), (Ids{7, 5, 3, 2, 1, -5, 0, 6}));
  EXPECT_EQ(listed({.artist_id = "a2"}), (Ids{7, 5, 2}));
  EXPECT_EQ(listed({.source = "import"}), (Ids{3}));
  EXPECT_EQ(listed({.source = ""}), (Ids{6}));
  EXPECT_EQ(listed({.context_uri = "c1"}), (Ids{7, 3, 1}));
  EXPECT_EQ(listed({.skipped = true}), (Ids{7, 5, 1}));
  EXPECT_EQ(listed({.skipped = false}), (Ids{3, 6}));
  EXPECT_EQ(listed({.track_id = "t1", .source = "poll", .skipped = true}), (Ids{1}));
  EXPECT_EQ(listed({.track_id = "t2", .limit = 2}), (Ids{7, 5}));
  EXPECT_EQ(listed({.track_id = "' OR 1=1 --"}), Ids{});
}

TEST_F(QueryPlays, APeriodIsHalfOpenAndHoldsNoUnknownTimes) {
  EXPECT_EQ(listed({.since = at("2026-01-01 10:00:00")}), (Ids{5, 3, 2, 1}));
  EXPECT_EQ(listed({.until = at("2026-01-01 10:00:00")}), (Ids{-5, 0, 6}));
  EXPECT_EQ(listed({.since = at("2026-01-01 09:00:00"), .until = at("2026-01-01 10:00:00.5")}),
            (Ids{2, 1, -5}));
  EXPECT_EQ(listed({.since = at("2026-01-01 09:00:00"), .until = at("2026-01-01 09:00:00")}),
            Ids{});
  EXPECT_EQ(listed({.since = Timestamp::infinity()}), (Ids{5}));
  EXPECT_EQ(listed({.until = Timestamp::negative_infinity()}), Ids{});
  EXPECT_EQ(listed({.since = Timestamp::negative_infinity(), .until = Timestamp::infinity()}),
            (Ids{3, 2, 1, -5, 0, 6}));
}

TEST_F(QueryPlays, APeriodMayEndWhereTextDoesNotSort) {
  EXPECT_EQ(listed({.since = at("0044-03-15 00:00:00 BC")}), (Ids{5, 3, 2, 1, -5, 0}));
  EXPECT_EQ(listed({.until = at("0044-03-15 00:00:00 BC")}), (Ids{6}));
  EXPECT_EQ(listed({.since = at("10000-01-01 00:00:00")}), (Ids{5}));
  EXPECT_EQ(listed({.until = at("294276-12-31 00:00:00")}), (Ids{3, 2, 1, -5, 0, 6}));
}

TEST_F(QueryPlays, OddYearsAreSortedByTheInstant) {
  execute(R"(
    INSERT INTO play_history (id, played_at) VALUES
      (20, '0044-03-15 00:00:00 BC'), (21, '0100-01-01 00:00:00 BC'), (22, '0044-01-01 00:00:00'),
      (23, '10000-01-01 00:00:00'), (24, '294276-12-31 23:59:59.999999'),
      (25, '9999-12-31 23:59:59'), (26, '4714-11-24 00:00:00 BC');
    UPDATE playmirror_tables SET odd_times = 1 WHERE name = 'play_history';)");
  const Ids newest{7, 4, 5, 24, 23, 25, 3, 2, 1, -5, 0, 22, 20, 21, 26, 6};
  Ids oldest{6, 26, 21, 20, 22, 0, -5, 1, 2, 3, 25, 23, 24, 5, 4, 7};
  EXPECT_EQ(listed({}), newest);
  EXPECT_EQ(listed({.order = Order::oldest_first}), oldest);
  EXPECT_EQ(ids(mirror_.plays().recent(5)), Ids(newest.begin(), newest.begin() + 5));
  EXPECT_EQ(listed({.since = at("0044-03-15 00:00:00 BC"), .until = at("10000-01-01 00:00:00")}),
            (Ids{25, 3, 2, 1, -5, 0, 22, 20}));
  EXPECT_EQ(listed({.since = at("10000-01-01 00:00:00"), .until = Timestamp::infinity()}),
            (Ids{24, 23}));
}

TEST_F(QueryPlays, PendingMeansInTheOutboxWhateverTheSign) {
  execute(R"(
    INSERT INTO play_history (id, track_id, played_at) VALUES (-9, 't1', '2026-02-01 00:00:00');
    INSERT INTO playmirror_outbox (table_name, identity, row_id, recorded_at, image, checksum)
      VALUES ('play_history', 'x', -9, '2026-02-01 00:00:00', x'', 0),
             ('analysis_snapshots', 'y', 1, '2026-02-01 00:00:00', x'', 0),
             ('tracks', 't1', 0, '2026-02-01 00:00:00', x'', 0);)");
  EXPECT_EQ(listed({.pending = true}), (Ids{-9}));
  EXPECT_EQ(listed({.pending = false}), (Ids{7, 4, 5, 3, 2, 1, -5, 0, 6}));
}

TEST_F(QueryPlays, AProvisionalIdResolvesAfterDelivery) {
  execute(R"(
    INSERT INTO playmirror_delivered (table_name, provisional_id, server_id) VALUES ('play_history', -7, 3), ('play_history', -5, 1),
      ('play_history', -8, 404), ('analysis_snapshots', -6, 3);)");
  EXPECT_EQ(mirror_.plays().find(-7)->id, 3);
  EXPECT_EQ(mirror_.plays().find(-5)->id, -5);  // a row of the server's own comes first
  EXPECT_EQ(mirror_.plays().find(-8), std::nullopt);
  EXPECT_EQ(mirror_.plays().find(-6), std::nullopt);
}

TEST_F(QueryPlays, ACursorStaysAtItsMoment) {
  auto cursor = mirror_.plays().list();
  execute("DELETE FROM play_history");
  EXPECT_EQ(mirror_.plays().count(), 0);
  EXPECT_EQ(ids(all(std::move(cursor))).size(), 9U);
  EXPECT_TRUE(all(mirror_.plays().list()).empty());
}

TEST_F(QueryPlays, ACursorIsEmptyOnceItHasEnded) {
  auto cursor = mirror_.plays().list({.limit = 1});
  EXPECT_TRUE(cursor.next());
  EXPECT_FALSE(cursor.next());
  EXPECT_FALSE(cursor.next());
  auto moved = std::move(cursor);
  EXPECT_FALSE(moved.next());
}

TEST_F(QueryPlays, ACursorOutlivesTheMirror) {
  auto cursor = mirror_.plays().list();
  mirror_.close();
  EXPECT_EQ(all(std::move(cursor)).size(), 9U);
  EXPECT_THROW(static_cast<void>(mirror_.plays().count()), Error);
}

TEST_F(QueryPlays, ManyCursorsAreOpenAtOnce) {
  std::vector<Cursor<Play>> cursors;
  for (int i = 0; i < 20; ++i) cursors.push_back(mirror_.plays().list());
  for (int row = 0; row < 9; ++row) {
    for (auto& cursor : cursors) EXPECT_TRUE(cursor.next());
  }
  for (auto& cursor : cursors) EXPECT_FALSE(cursor.next());
}

TEST_F(QueryPlays, ATextThatIsNoTimestampIsReportedAndEndsTheCursor) {
  execute("UPDATE play_history SET played_at = '2026-01-01 10:00' WHERE id = 2");
  auto cursor = mirror_.plays().list({.track_id = "t2"});
  EXPECT_EQ(cursor.next()->id, 7);
  EXPECT_EQ(cursor.next()->id, 5);
  try {
    static_cast<void>(cursor.next());
    FAIL();
  } catch (const MirrorUnusable& error) {
    EXPECT_EQ(error.code(), ErrorCode::damaged);
    EXPECT_STREQ(error.what(),
                 "column played_at of row 2 holds \"2026-01-01 10:00\", which is not a timestamp");
  }
  EXPECT_FALSE(cursor.next());
}

TEST_F(QueryPlays, TheNewestAreFoundByTheIndexWithoutSorting) {
  auto state = MirrorAccess::state(mirror_);
  auto reader = state->reader();
  const query::TimeColumn played_at(reader.database(), "play_history", "played_at");
  const query::Query plays(query::RecordReader<Play>::select());
  for (const Order order : {Order::newest_first, Order::oldest_first}) {
    const auto parts = played_at.ordered(plays, {}, {}, order, 10);
    ASSERT_EQ(parts.size(), 2U);
    for (const query::Query& part : parts) {
      EXPECT_NE(plan(part.sql()).find("USING INDEX play_history_played_at (played_at"),
                std::string::npos)
          << plan(part.sql());
      EXPECT_EQ(plan(part.sql()).find("TEMP B-TREE"), std::string::npos) << plan(part.sql());
    }
    const auto period =
        played_at.ordered(plays, at("2026-01-01 00:00:00"), at("2027-01-01 00:00:00"), order, 0);
    ASSERT_EQ(period.size(), 1U);
    EXPECT_NE(plan(period[0].sql()).find("(played_at>? AND played_at<?)"), std::string::npos);
  }
}

}  // namespace
}  // namespace playmirror
