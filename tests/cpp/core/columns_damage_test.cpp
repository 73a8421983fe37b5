// Columns that are damaged, missing or of an older file: what is wrong is told, the rows stand in,
// and they are built anew.

#include "core/columns/rebuild.hpp"
#include "core/schema/bookkeeping.hpp"
#include "tests/cpp/core/columns_fixture.hpp"
#include "tests/cpp/support/older_format.hpp"

#include <playmirror/error.hpp>

#include <map>
#include <string>

namespace playmirror::columns {
namespace {

TEST_F(ColumnsTest, AreBuiltAnewWhenAnOlderFileIsOpened) {
  add_plays(1, 700);
  test::reopen_as(mirror_, {test::kMakeFormat4, test::kMakeFormat3, R"sql(
    PRAGMA user_version = 1;
    DROP TABLE playmirror_exclusions; DROP TABLE playmirror_blocks;
    DROP TABLE playmirror_block_data; DROP TABLE playmirror_removed;
    DROP TABLE playmirror_unsealed; DROP TABLE playmirror_track_codes;
    DROP TABLE playmirror_artist_codes; DROP TABLE playmirror_source_codes;
    DROP TABLE playmirror_context_codes; DELETE FROM playmirror_meta WHERE key LIKE 'columns%';
  )sql"});
  EXPECT_EQ(number("PRAGMA user_version"), schema::kFormatVersion);
  EXPECT_EQ(blocks().size(), 1U);
  expect_equal();
}

TEST_F(ColumnsTest, TheRowsStandInWhileTheyAreNotBuilt) {
  add_plays(1, 700);
  state().write([](sqlite::Database& database) { drop(database); });
  expect_equal();
  add_plays(701, 1'400);
  expect_equal();
  EXPECT_TRUE(blocks().empty());
}

TEST_F(ColumnsTest, DamageIsFoundToldAndHealed) {
  add_plays(1, 3'000);
  ASSERT_TRUE(mirror_.verify().ok);
  const char* const damages[] = {
      "UPDATE playmirror_block_data SET "
      "data = CAST(substr(data, 1, 40) || x'a7' || substr(data, 42) AS BLOB) "
      "WHERE part = (SELECT max(part) FROM playmirror_block_data) - 4",
      "DELETE FROM playmirror_block_data WHERE part & 7 = 1",
      "UPDATE playmirror_blocks SET plays = plays - 1",
      "UPDATE playmirror_track_codes SET name = 'another' WHERE code = 3",
      "DELETE FROM playmirror_unsealed",
      "INSERT INTO playmirror_removed SELECT block, 3, 0, 0 FROM playmirror_blocks",
  };
  int next = 3'001;
  for (const char* damage : damages) {
    add_plays(next, next);
    ++next;
    ASSERT_TRUE(problems().empty());
    execute(damage);
    EXPECT_FALSE(mirror_.verify().ok) << damage;
    expect_equal({});  // from the rows
    mirror_.artists().add({.id = damage});
    EXPECT_TRUE(mirror_.verify().ok) << damage;
    expect_equal();
  }
}

TEST_F(ColumnsTest, StatisticsReadTheRowsWhenABlockIsDamaged) {
  // The file has codes for plays of tracks that came later; the rows, read anew, have others.
  add_plays(1, 3'000, 5);
  execute("INSERT INTO tracks (id, name) VALUES ('t4', 'Four'), ('t3', 'Three'), ('t0', 'None')");
  execute("INSERT INTO track_artists SELECT id, 'of ' || id FROM tracks");
  const auto artists = [](const Mirror& mirror) {
    std::map<std::string, std::int64_t> plays;
    for (const TopArtist& top : mirror.stats().top_artists({.limit = 0})) {
      plays[top.artist_id.value_or("-")] = top.plays;
    }
    return plays;
  };
  const auto before = artists(mirror_);
  execute("DELETE FROM playmirror_block_data WHERE part & 7 IN (2, 3)");
  const Mirror other = Mirror::open(mirror_.path());
  EXPECT_THROW(artists(other), Error);
  EXPECT_EQ(artists(other), before);
}

TEST_F(ColumnsTest, ForgedCountsDoNotLeadOutOfMemory) {
  add_plays(1, 3'000, 5);
  execute(
      "INSERT INTO tracks (id, name) VALUES ('t0', '0'), ('t1', '1'), ('t2', '2'), ('t3', '3')");
  execute("INSERT INTO artists (id, name) SELECT 'of ' || id, name FROM tracks");
  execute("INSERT INTO track_artists SELECT id, 'of ' || id FROM tracks");
  ASSERT_FALSE(mirror_.stats().loyalty({}, 2).empty());
  // Three plays of three tracks count as removed, all three from the count of one.
  execute(
      "INSERT INTO playmirror_removed SELECT block, row, 0, 1 FROM playmirror_blocks, "
      "(SELECT 3 AS row UNION SELECT 4 UNION SELECT 5)");
  const Mirror other = Mirror::open(mirror_.path());
  EXPECT_THROW(static_cast<void>(other.stats().loyalty({}, 2)), Error);
}

TEST_F(ColumnsTest, ARemovedPlayThatIsNoneIsFoundWhenItsBlockIsJoined) {
  add_plays(1, 700);
  execute("INSERT INTO playmirror_removed SELECT block, 4000000, 0, 0 FROM playmirror_blocks");
  ASSERT_EQ(blocks().size(), 1U);
  add_plays(701, 1'500);  // go on, without the columns
  EXPECT_TRUE(blocks().empty());
  expect_equal({});
}

TEST_F(ColumnsTest, FollowRowsWrittenRightAfterTheyWereBuiltAnew) {
  add_plays(1, 3'000);
  execute("UPDATE playmirror_block_data SET data = zeroblob(40) WHERE part & 7 = 2");
  EXPECT_FALSE(problems().empty());
  // Another mirror of the same file finds it too, and gives the columns up.
  const Mirror other = Mirror::open(mirror_.path());
  MirrorAccess::state(other)->write([](sqlite::Database& database) { drop(database); });
  add_plays(3'001, 3'010);
  EXPECT_EQ(number("SELECT count(*) FROM playmirror_unsealed"), 10);
  expect_equal();
  EXPECT_EQ(other.stats().totals().plays, 3'010);
}

TEST_F(ColumnsTest, AnOlderFileIsNotChangedByAReader) {
  const auto path = mirror_.path();
  execute("PRAGMA user_version = 1");
  EXPECT_THROW(static_cast<void>(Mirror::open(path, {.read_only = true})), Error);
  EXPECT_EQ(number("PRAGMA user_version"), 1);
}

}  // namespace
}  // namespace playmirror::columns
