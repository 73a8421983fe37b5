// The plays as columns give the same answers as SQL over the rows, whatever was written and how.

#include "core/columns/rebuild.hpp"
#include "tests/cpp/core/columns_fixture.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <random>

namespace playmirror::columns {
namespace {

class Renumbered : public ColumnsTest {
 protected:
  Renumbered() {
    add_plays(1, 70'000);
    execute("UPDATE play_history SET listened_ms = 7 WHERE id % 100 = 0 AND id > 65000");
    execute("DELETE FROM play_history WHERE id % 100 = 1 AND id > 65000");
  }

  [[nodiscard]] std::int64_t noted() const {
    return number("SELECT count(*) FROM playmirror_removed") +
           number("SELECT count(*) FROM playmirror_unsealed");
  }
};

TEST_F(ColumnsTest, AnEmptyMirrorHasNone) {
  expect_equal();
  EXPECT_EQ(read().track_codes(), 1U);
}

TEST_F(ColumnsTest, HoldEveryValueExactly) {
  execute(R"sql(
    INSERT INTO play_history VALUES
      (1, 't1', '2020-09-13 12:26:40.123456', 'c', 1, 1, 's'),
      (2, NULL, NULL, NULL, NULL, NULL, NULL),
      (3, 't2', 'infinity', '', 9223372036854775807, 0, ''),
      (4, 't2', '-infinity', '', -9223372036854775808, NULL, 's'),
      (5, '', '4713-01-01 00:00:00 BC', 'c', -2147483648, 1, 's'),
      (-1099511627777, 't1', '2020-09-13 12:26:40.123456', 'c', 0, 0, 's'),
      (-9223372036854775808, 't1', '9999-12-31 23:59:59.999999', 'c', 2147483648, 0, 's'),
      (9223372036854775807, 't1', '20000-01-01 00:00:00', 'c', 2147483647, 0, 's');
    UPDATE playmirror_tables SET odd_times = 1 WHERE name = 'play_history';
  )sql");
  const std::int64_t at = 1'600'000'000'123'456;
  const auto compare = [&] {
    expect_equal();
    expect_equal({.since = at});
    expect_equal({.until = at});
    expect_equal({.since = at, .until = at + 1});
    expect_equal({.since = at, .until = at});
    expect_equal({.since = kInfinity});
    expect_equal({.until = kNegativeInfinity + 1});
  };
  compare();
  state().write([](sqlite::Database& database) { seal(database); });
  EXPECT_GT(blocks().size(), 0U);
  compare();
  state().write([](sqlite::Database& database) { rebuild(database); });
  EXPECT_EQ(number("SELECT count(*) FROM playmirror_unsealed"), 0);
  compare();
}

TEST_F(ColumnsTest, FollowWhatIsRecordedAndDiscarded) {
  mirror_.tracks().add({.id = "t1", .name = "One"});
  for (int i = 0; i < 3; ++i) {
    mirror_.plays().add({.track_id = "t1",
                         .played_at = Timestamp::from_unix_micros(kStart - i * kSecond),
                         .skipped = true});
  }
  expect_equal();
  mirror_.discard(mirror_.pending()[2].entry);
  EXPECT_EQ(read().count({}), 2U);
  expect_equal();
}

TEST_F(ColumnsTest, FollowAProvisionalIdThatBecomesTheServers) {
  add_plays(1, 2'000);
  mirror_.tracks().add({.id = "t1"});
  const Play play = mirror_.plays().add(
      {.track_id = "t1", .played_at = Timestamp::from_unix_micros(kStart + 90 * kSecond)});
  execute("UPDATE OR IGNORE play_history SET id = 5000 WHERE id = " + std::to_string(play.id));
  expect_equal();
  // Also when it was sealed under its provisional id.
  state().write([](sqlite::Database& database) { seal(database); });
  execute("UPDATE play_history SET id = " + std::to_string(play.id) + " WHERE id = 5000");
  state().write([](sqlite::Database& database) { seal(database); });
  execute("UPDATE play_history SET id = 5000 WHERE id < 0");
  expect_equal();
}

TEST_F(ColumnsTest, FollowTracksArtistsAndCredits) {
  execute(R"sql(
    INSERT INTO tracks (id, name, artist, duration_ms) VALUES ('t1', 'One', 'A, B', 1000);
    INSERT INTO artists (id, name, genres) VALUES ('a1', 'A', '["rock"]'), ('a2', NULL, NULL);
    INSERT INTO track_artists VALUES ('t1', 'a2'), ('t1', 'a1'), ('t2', 'a3');
  )sql");
  EXPECT_TRUE(problems().empty());
  {
    const PlayColumns columns = read();
    const TrackEntry& track = columns.tracks()[columns.tracks().find("t1")];
    EXPECT_EQ(track.name, "One");
    EXPECT_EQ(track.artist, "A, B");
    EXPECT_EQ(track.duration_ms, 1000);
    ASSERT_EQ(track.artists.size(), 2U);
    const ArtistEntry& artist = columns.artists()[columns.artists().find("a1")];
    EXPECT_EQ(artist.genres, "[\"rock\"]");
    EXPECT_FALSE(columns.tracks()[columns.tracks().find("t2")].exists);
    EXPECT_EQ(columns.track(columns.tracks().find("t1")).name, "One");
    EXPECT_EQ(columns.tracks().find("nobody's"), kNone);
  }
  for (const char* change :
       {"UPDATE tracks SET name = 'Uno', lyrics = 'la' WHERE id = 't1'",
        "UPDATE tracks SET lyrics = 'la la' WHERE id = 't1'",
        "DELETE FROM track_artists WHERE artist_id = 'a2'",
        "INSERT INTO track_artists VALUES ('t1', 'a4')",
        "UPDATE artists SET genres = '[]' WHERE id = 'a1'",
        "INSERT INTO artists (id, name) VALUES ('a4', 'Late')",
        "DELETE FROM artists WHERE id = 'a1'", "DELETE FROM tracks WHERE id = 't1'",
        "INSERT INTO tracks (id, name) VALUES ('t1', 'Back'), ('t2', NULL)"}) {
    execute(change);
    EXPECT_TRUE(problems().empty()) << change;
  }
  const PlayColumns columns = read();
  EXPECT_EQ(columns.tracks()[columns.tracks().find("t1")].name, "Back");
}

TEST_F(ColumnsTest, StayAsTheyWereWhenATransactionFails) {
  add_plays(1, 10);
  EXPECT_THROW(state().write([](sqlite::Database& database) {
    database.execute("DELETE FROM play_history WHERE id < 5");
    throw std::runtime_error("in the middle");
  }),
               std::runtime_error);
  expect_equal();
  add_plays(11, 12);
  expect_equal();
}

TEST_F(ColumnsTest, AReaderKeepsItsMoment) {
  add_plays(1, 600);
  const PlayColumns before = read();
  execute("DELETE FROM play_history WHERE id <= 300");
  add_plays(601, 2'000);
  EXPECT_EQ(before.count({}), 600U);
  std::size_t scanned = 0;
  before.scan({}, Column::track | Column::id, [&](const Batch& batch) {
    EXPECT_TRUE(batch.played_at.empty());
    scanned += batch.track.size();
    return true;
  });
  EXPECT_EQ(scanned, 600U);
  EXPECT_EQ(read().count({}), 1'700U);
}

TEST_F(ColumnsTest, AScanEndsWhenItIsToldTo) {
  add_plays(1, 2'000);
  int batches = 0;
  read().scan({}, Column::id, [&](const Batch&) { return ++batches < 1; });
  EXPECT_EQ(batches, 1);
}

TEST_F(Renumbered, ManyPlaysChangeNothingButTheirIds) {
  const std::int64_t before = noted();
  EXPECT_GT(before, 0);
  // Of two blocks, some of them unsealed.
  execute("UPDATE play_history SET id = id - 1000000 WHERE id BETWEEN 65000 AND 66200");
  EXPECT_EQ(noted(), before);
  EXPECT_EQ(blocks().size(), 2U);
  expect_equal();
  execute("UPDATE play_history SET id = 1000000 - id WHERE id < 0");
  EXPECT_EQ(noted(), before);
  expect_equal();
}

TEST_F(Renumbered, PlaysThatChangeInOtherWaysTooAreFollowed) {
  execute(R"sql(
    UPDATE play_history SET id = id - 1000000 WHERE id BETWEEN 65000 AND 66200;
    UPDATE play_history SET skipped = NULL WHERE id BETWEEN -935000 AND -934700;
    DELETE FROM play_history WHERE id BETWEEN -934600 AND -934500;
    UPDATE play_history SET id = id + 2000000 WHERE id BETWEEN -934400 AND -934300;
    INSERT INTO play_history (id, track_id, played_at)
    VALUES (65750, 'back', '2020-01-01 00:00:00'), (-934598, 'back', '2020-01-02 00:00:00')
  )sql");
  expect_equal();
  execute("UPDATE play_history SET id = id + 5000000, source = 'other' WHERE id > 60000");
  expect_equal();
}

TEST_F(Renumbered, PlaysInAnotherOrderAreFollowed) {
  execute("UPDATE play_history SET played_at = '2030-01-01 00:00:00' WHERE id > 69000");
  execute("UPDATE play_history SET id = -id WHERE id > 69000");
  expect_equal();
}

TEST_F(Renumbered, PlaysOfTwoBlocksAtOneInstantAreFollowed) {
  execute("UPDATE play_history SET played_at = '2021-01-01 00:00:00' WHERE id > 65000");
  state().write([](sqlite::Database& database) { rebuild(database); });
  ASSERT_EQ(blocks().front().last.played_at, blocks().back().first.played_at);
  const std::string last = std::to_string(blocks().front().last.id);
  execute("UPDATE play_history SET id = id + 1000000 WHERE id > 65000 AND id <= " + last);
  expect_equal();
}

TEST_F(Renumbered, AStatementThatFailedHasNotDoneIt) {
  state().write([](sqlite::Database& database) {
    // The last of them meets another play.
    EXPECT_THROW(database.execute("UPDATE play_history SET id = iif(id = 66200, 1, id - 1000000) "
                                  "WHERE id BETWEEN 65000 AND 66200"),
                 Error);
    database.execute("UPDATE play_history SET id = id - 1000000 WHERE id BETWEEN 65000 AND 65400");
  });
  expect_equal();
}

TEST_F(ColumnsTest, AgreeAfterRandomWrites) {
  // More than two blocks of plays, and then changes of every kind among them.
  add_plays(1, 150'000);
  expect_equal();
  EXPECT_EQ(blocks().size(), 3U);
  std::mt19937_64 random(20'260'122);
  int next_id = 200'000;
  const auto between = [&](std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random() % static_cast<std::uint64_t>(high - low));
  };
  for (int round = 0; round < 40; ++round) {
    state().write([&](sqlite::Database& database) {
      for (int change = 0; change < 60; ++change) {
        const std::string id = std::to_string(between(1, 150'000));
        switch (random() % 6) {
          case 0:
            database.execute("DELETE FROM play_history WHERE id = " + id);
            break;
          case 1:
            database.execute("UPDATE play_history SET listened_ms = " +
                             std::to_string(between(-10, std::int64_t{1} << 40)) +
                             " WHERE id = " + id);
            break;
          case 2:
            database.execute("UPDATE play_history SET played_at = '" +
                             text_of(kStart + between(0, 9'000'000) * kSecond) +
                             "' WHERE id = " + id);
            break;
          case 3:
            database.execute("UPDATE OR IGNORE play_history SET id = " +
                             std::to_string(between(-500, 400'000)) + " WHERE id = " + id);
            break;
          default:
            database.execute("INSERT INTO play_history (id, track_id, played_at) VALUES (" +
                             std::to_string(next_id++) + ", 'new" + std::to_string(random() % 9) +
                             "', " +
                             (random() % 50 == 0
                                  ? std::string("NULL")
                                  : "'" + text_of(kStart + between(0, 9'100'000) * kSecond) + "'") +
                             ") ON CONFLICT DO NOTHING");
        }
      }
    });
    const std::int64_t since = kStart + between(0, 9'000'000) * kSecond;
    const std::int64_t until = since + between(0, 9'000'000) * kSecond;
    if (round % 4 == 0) expect_equal({.since = since, .until = until});
  }
  EXPECT_GT(number("SELECT count(*) FROM playmirror_removed"), 0);
  expect_equal();
  // So many late and changed plays that the blocks are written anew.
  execute("UPDATE play_history SET skipped = 1 WHERE id % 3 = 0");
  EXPECT_EQ(number("SELECT count(*) FROM playmirror_removed"), 0);
  expect_equal();
  execute("DELETE FROM play_history WHERE id % 2 = 0");
  expect_equal();
  execute("DELETE FROM play_history WHERE id <> 3");
  expect_equal();
}

TEST_F(ColumnsTest, APlayOfTheFarFutureHoldsNothingUp) {
  execute(
      "INSERT INTO play_history (id, track_id, played_at) VALUES (1, 't', '2099-01-01 00:00:00')"
      ", (2, 't', 'infinity'), (3, 't', NULL)");
  for (int part = 0; part < 14; ++part) add_plays(10 + part * 10'000, 9'999 + 10 + part * 10'000);
  EXPECT_EQ(number("SELECT count(*) FROM playmirror_blocks WHERE late"), 0);
  expect_equal();
}

TEST_F(ColumnsTest, FewNewPlaysLeaveTheBlocksBeforeThemAlone) {
  constexpr int kBatch = 600;
  add_plays(1, 40'000);
  const BlockInfo first = blocks().front();
  std::size_t most = 0;
  for (int play = 40'001; play < 60'000; play += kBatch) {
    add_plays(play, play + kBatch - 1);
    std::size_t before = kBlockPlays + std::size_t{1};
    for (const BlockInfo& block : blocks()) {
      EXPECT_GT(before, block.plays);
      before = block.plays;
    }
    if (play < 49'000) {
      EXPECT_EQ(blocks().front().block, first.block);
    }
    most = std::max(most, blocks().size());
  }
  EXPECT_GE(most, 3U);
  expect_equal();
  add_plays(60'401, 66'400);
  ASSERT_EQ(blocks().size(), 2U);
  EXPECT_EQ(blocks().front().plays, kBlockPlays);
  expect_equal();
}

}  // namespace
}  // namespace playmirror::columns
