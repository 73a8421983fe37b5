// What was read of tracks and artists is kept while plays come and go, and only then.

#include "core/stats/fact_cache.hpp"

#include "tests/cpp/core/columns_fixture.hpp"

#include <playmirror/stats.hpp>

#include <gtest/gtest.h>
#include <memory>
#include <string>

namespace playmirror::stats {
namespace {

class Facts : public columns::ColumnsTest {
 protected:
  Facts() {
    execute(
        "INSERT INTO tracks (id, name, artist, duration_ms, raw_data) VALUES ('t0', 'One', 'A', "
        R"(200000, '{"album": {"release_date": "1984"}}'), ('t1', 'Two', 'B', 90000, NULL))");
    execute("INSERT INTO artists (id, name, genres) VALUES ('a', 'A', '[\"rock\"]')");
    execute("INSERT INTO track_artists (track_id, artist_id) VALUES ('t0', 'a')");
    add_plays(1, 1'000, 2);
  }

  [[nodiscard]] std::shared_ptr<FactStore> facts() const {
    return state().fact_cache().facts(read());
  }

  /// Whether other facts are read after the change.
  [[nodiscard]] bool renews(const std::string& sql) {
    const auto before = facts();
    EXPECT_EQ(facts(), before);
    execute(sql);
    return facts() != before;
  }

  [[nodiscard]] std::string years() const {
    std::string years;
    for (const Era& era : mirror_.stats().eras({}, EraUnit::year).eras) years += era.label + " ";
    return years;
  }
};

TEST_F(Facts, StayWhilePlaysChange) {
  EXPECT_FALSE(
      renews("INSERT INTO play_history (id, track_id, played_at, context_uri) "
             "VALUES (2000, 't0', '2024-01-01 00:00:00', 'new')"));
  EXPECT_FALSE(renews("UPDATE play_history SET listened_ms = 5 WHERE id = 7"));
  EXPECT_FALSE(renews("DELETE FROM play_history WHERE id < 500"));
  EXPECT_FALSE(renews("INSERT INTO playmirror_meta (key, value) VALUES ('a_note', 'x')"));
}

TEST_F(Facts, AreReadAnewOnceARowOfTheCatalogueIsWritten) {
  EXPECT_TRUE(renews("INSERT INTO tracks (id, name, artist) VALUES ('t9', 'Nine', 'A')"));
  EXPECT_TRUE(renews("UPDATE tracks SET energy = 0.5 WHERE id = 't1'"));
  EXPECT_TRUE(renews("DELETE FROM tracks WHERE id = 't9'"));
  EXPECT_TRUE(renews("INSERT INTO artists (id, name) VALUES ('b', 'B')"));
  EXPECT_TRUE(renews("UPDATE artists SET image_url = 'x' WHERE id = 'b'"));
  EXPECT_TRUE(renews("DELETE FROM artists WHERE id = 'b'"));
  EXPECT_TRUE(renews("INSERT INTO track_artists (track_id, artist_id) VALUES ('t1', 'a')"));
  EXPECT_TRUE(renews("DELETE FROM track_artists WHERE track_id = 't1'"));
  // A play of a track that nobody knows gets a code.
  EXPECT_TRUE(
      renews("INSERT INTO play_history (id, track_id, played_at) "
             "VALUES (2000, 'nobody', '2024-01-01 00:00:00')"));
}

TEST_F(Facts, FollowBulkyColumnsThatComeLater) {
  EXPECT_EQ(years(), "1984 ");
  execute("UPDATE playmirror_tables SET state = 'filling' WHERE name = 'tracks'");
  EXPECT_TRUE(renews(R"(UPDATE tracks SET raw_data = '{"album": {"release_date": "1991"}}' )"
                     "WHERE id = 't1'"));
  EXPECT_EQ(years(), "1984 1991 ");
}

TEST_F(Facts, FollowAColumnThatGoes) {
  EXPECT_EQ(years(), "1984 ");
  EXPECT_TRUE(
      renews("ALTER TABLE tracks DROP COLUMN raw_data; "
             "ALTER TABLE tracks ADD COLUMN raw_data TEXT"));
  EXPECT_EQ(years(), "");
}

TEST_F(Facts, FollowColumnsBuiltAnew) {
  const auto before = facts();
  const auto after_building = [&] {
    state().write([](sqlite::Database& database) { columns::rebuild(database); });
    return facts();
  };
  EXPECT_NE(after_building(), before);
}

TEST_F(Facts, FollowAnotherConnection) {
  const auto before = facts();
  EXPECT_EQ(years(), "1984 ");
  Mirror other = Mirror::open(directory_ / "music.db");
  MirrorAccess::state(other)->write([](sqlite::Database& database) {
    database.execute("UPDATE play_history SET skipped = 1 WHERE id = 3");
  });
  EXPECT_EQ(facts(), before);
  MirrorAccess::state(other)->write(
      [](sqlite::Database& database) { database.execute("UPDATE tracks SET raw_data = NULL"); });
  EXPECT_NE(facts(), before);
  EXPECT_EQ(years(), "");
}

TEST_F(Facts, OfContextsAndDoublesAreThoseOfThePlays) {
  StatsFilter unlike;
  unlike.dedupe = Dedupe::near;
  const auto plays = [&] { return mirror_.stats().totals(unlike).plays; };
  const auto last_contexts = [&] {
    StatsFilter all;
    all.limit = 0;
    std::string keys;
    for (const TopContext& each : mirror_.stats().top_contexts(all)) {
      if (each.plays == 1) keys += each.context_uri.value_or("-") + " ";
    }
    return keys;
  };
  const auto plays_before = plays();
  EXPECT_EQ(last_contexts(), "");
  const auto before = facts();
  execute(
      "INSERT INTO play_history (id, track_id, played_at, context_uri) VALUES "
      "(3000, 't0', '2024-01-01 00:00:00', 'z'), (3001, 't0', '2024-01-01 00:00:00.5', 'a')");
  EXPECT_EQ(facts(), before);
  EXPECT_EQ(plays(), plays_before + 1);
  EXPECT_EQ(last_contexts(), "a z ");
}

}  // namespace
}  // namespace playmirror::stats
