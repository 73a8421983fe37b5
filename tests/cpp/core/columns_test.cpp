// The plays as columns give the same answers as SQL over the rows, whatever was written and how.

#include "core/columns/block_store.hpp"
#include "core/columns/check.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/play_columns.hpp"
#include "core/columns/rebuild.hpp"
#include "core/columns/sealing.hpp"
#include "core/schema/bookkeeping.hpp"
#include "tests/cpp/core/query_fixture.hpp"
#include "tests/cpp/support/older_format.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <limits>
#include <map>
#include <optional>
#include <random>
#include <sstream>

namespace playmirror::columns {
namespace {

constexpr std::int64_t kSecond = 1'000'000;
constexpr std::int64_t kStart = 1'600'000'000 * kSecond;

/// One play, by its texts.
struct Listening {
  std::int64_t id = 0;
  std::int64_t played_at = 0;
  std::string track = {};  ///< "-" for NULL, here and below
  std::optional<std::int64_t> listened_ms = {};
  int skipped = 0;
  std::string source = {};
  std::string context = {};

  friend bool operator==(const Listening&, const Listening&) = default;
};

std::ostream& operator<<(std::ostream& out, const Listening& play) {
  return out << play.id << " at " << play.played_at << ' ' << play.track << ' '
             << play.listened_ms.value_or(-7) << ' ' << play.skipped << ' ' << play.source << ' '
             << play.context;
}

/// Plays by whether they were skipped; `turn` says which bin stands for what.
class SkipBins final : public Bins {
 public:
  explicit SkipBins(int turn) : turn_(turn) {}

  [[nodiscard]] std::size_t size() const noexcept override { return 3; }
  [[nodiscard]] Column columns() const noexcept override { return Column::skipped; }
  void add(const Batch& batch, std::span<std::uint32_t> counts) const override {
    for (const std::int8_t skipped : batch.skipped) ++counts[bin_of(skipped)];
  }
  [[nodiscard]] bool continue_with(const Bins& earlier) const override {
    return dynamic_cast<const SkipBins&>(earlier).turn_ == turn_;
  }
  [[nodiscard]] std::size_t bin_of(int skipped) const {
    return static_cast<std::size_t>(skipped - kSkipUnknown + turn_) % 3;
  }

 private:
  int turn_;
};

class ColumnsTest : public QueryTest {
 protected:
  [[nodiscard]] MirrorState& state() const { return *MirrorAccess::state(mirror_); }
  [[nodiscard]] PlayColumns read() const { return PlayColumns::read(state()); }

  static std::string text_of(std::int64_t played_at) {
    return Timestamp::from_unix_micros(played_at).to_postgres_string();
  }

  /// Plays `first` to `last`, one a minute, of `tracks` tracks.
  void add_plays(int first, int last, int tracks = 50) {
    execute("WITH RECURSIVE n (i) AS (VALUES (" + std::to_string(first) +
            ") UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(last) +
            ") INSERT INTO play_history (id, track_id, played_at, context_uri, listened_ms, "
            "skipped, source) SELECT i, 't' || (i * 7919 % " +
            std::to_string(tracks) +
            "), strftime('%Y-%m-%d %H:%M:%S', 1600000000 + i * 60, 'unixepoch'), "
            "iif(i % 3, 'c' || i % 11, NULL), iif(i % 5, i * 37 % 300000, NULL), "
            "CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 1 ELSE 0 END, "
            "iif(i % 7, 'import', 'poll') FROM n");
  }

  /// What the rows hold, in the order of the columns.
  [[nodiscard]] std::vector<Listening> rows(const Period& period) const {
    auto reader = state().reader();
    auto row = reader->prepare(
        "SELECT id, played_at, track_id, listened_ms, skipped, source, context_uri "
        "FROM play_history");
    const auto text = [&](int column) {
      return row.is_null(column) ? std::string("-") : std::string(row.text(column));
    };
    std::vector<Listening> plays;
    while (row.step()) {
      Listening play{row.integer(0), kNoTime, text(2), {}, kSkipUnknown, text(5), text(6)};
      if (!row.is_null(1)) {
        const Timestamp time = Timestamp::parse_postgres(row.text(1));
        play.played_at = time.is_finite()                ? time.unix_micros()
                         : time == Timestamp::infinity() ? kInfinity
                                                         : kNegativeInfinity;
      }
      if (!row.is_null(3)) play.listened_ms = row.integer(3);
      if (!row.is_null(4)) play.skipped = static_cast<int>(row.integer(4));
      // As SQL compares: nothing lies on either side of NULL.
      if (play.played_at == kNoTime && (period.since || period.until)) continue;
      if (period.since && play.played_at < *period.since) continue;
      if (period.until && play.played_at >= *period.until) continue;
      plays.push_back(std::move(play));
    }
    std::ranges::sort(plays, {},
                      [](const Listening& play) { return std::pair(play.played_at, play.id); });
    return plays;
  }

  static void append(const PlayColumns& columns, const Batch& batch, std::vector<Listening>& to) {
    const auto text = [](const TextDictionary& texts, std::uint32_t code) {
      return code == kNone ? std::string("-") : std::string(texts[code].id);
    };
    for (std::size_t i = 0; i < batch.size; ++i) {
      const std::uint32_t track = batch.track[i];
      to.push_back({batch.id[i], batch.played_at[i],
                    track == kNone ? "-" : std::string(columns.tracks()[track].id),
                    batch.listened(i), batch.skipped[i], text(columns.sources(), batch.source[i]),
                    text(columns.contexts(), batch.context[i])});
    }
  }

  static TrackSums sums_of(const Listening& play) {
    const std::int64_t listened = play.listened_ms.value_or(-1);
    const bool is_wide = listened > std::numeric_limits<std::int32_t>::max() ||
                         listened <= std::numeric_limits<std::int32_t>::min() + 1;
    const bool is_known = listened >= 0 && !is_wide;
    return {.measured_ms = is_known ? static_cast<std::uint64_t>(listened) : 0,
            .plays = 1,
            .measured = is_known ? 1U : 0U,
            .skips = play.skipped == kSkipped ? 1U : 0U,
            .wide = is_wide ? 1U : 0U};
  }

  /// Compares every way of reading the columns with the rows.
  void expect_equal(const Period& period) const {
    const std::vector<Listening> expected = rows(period);
    const PlayColumns columns = read();
    EXPECT_EQ(columns.count(period), expected.size());

    std::vector<Listening> scanned;
    columns.scan(period, Column::all, [&](const Batch& batch) {
      EXPECT_GT(batch.size, 0U);
      append(columns, batch, scanned);
      return true;
    });
    ASSERT_EQ(scanned.size(), expected.size());
    const auto differing = std::ranges::mismatch(scanned, expected);
    if (differing.in1 != scanned.end()) {
      ADD_FAILURE() << *differing.in1 << " instead of " << *differing.in2;
    }

    std::vector<std::vector<Listening>> back;
    columns.scan_back(period, Column::all, [&](const Batch& batch) {
      append(columns, batch, back.emplace_back());
      return true;
    });
    std::vector<Listening> turned;
    for (auto part = back.rbegin(); part != back.rend(); ++part) {
      turned.insert(turned.end(), part->begin(), part->end());
    }
    EXPECT_TRUE(turned == scanned);

    for (const int turn : {0, 1, 1}) {
      const auto bins = std::make_shared<SkipBins>(turn);
      std::vector<std::uint32_t> binned(bins->size());
      for (const Listening& play : expected) ++binned[bins->bin_of(play.skipped)];
      EXPECT_EQ(columns.binned(period, bins), binned);
    }
    expect_ids(period, expected);

    std::map<std::string, TrackSums> summed;
    for (const Listening& play : expected) summed[play.track] += sums_of(play);
    const auto counts = *columns.track_counts(period);
    const auto sums = columns.track_sums(period);
    ASSERT_EQ(counts.size(), columns.track_codes());
    ASSERT_EQ(sums.size(), columns.track_codes());
    for (std::uint32_t code = 0; code < counts.size(); ++code) {
      EXPECT_EQ(counts[code], sums[code].plays);
      if (counts[code] == 0) continue;
      const std::string id = code == kNone ? "-" : std::string(columns.tracks()[code].id);
      EXPECT_EQ(sums[code], summed[id]) << id;
      summed.erase(id);
    }
    EXPECT_TRUE(summed.empty());
  }

  /// The ids of single plays: all from the unpacked column, and few from the packed one.
  void expect_ids(const Period& period, const std::vector<Listening>& expected) const {
    // With a memory that has nothing unpacked yet.
    const PlayColumns columns = read().from_rows() ? read() : PlayColumns::read_anew(state());
    for (const std::size_t step : {std::size_t{101}, std::size_t{1}, std::size_t{103}}) {
      std::vector<Place> places;
      std::vector<std::int64_t> wanted;
      std::size_t passed = 0;
      columns.scan(period, Column::none, [&](const Batch& batch) {
        for (std::size_t row = 0; row < batch.size; ++row, ++passed) {
          if (passed % step != 0) continue;
          places.push_back(batch.place(row));
          wanted.push_back(expected[passed].id);
        }
        return true;
      });
      EXPECT_EQ(columns.ids(places), wanted);
    }
  }

  void expect_equal() const {
    expect_equal({});
    expect_equal(Period::finite());
    EXPECT_TRUE(problems().empty()) << problems().front().where << ": " << problems().front().what;
  }

  [[nodiscard]] std::vector<FileProblem> problems() const {
    const CallControl control;
    CallWatch watch(control);
    return check(state(), watch);
  }

  [[nodiscard]] std::vector<BlockInfo> blocks() const {
    return read_blocks(state().reader().database());
  }
  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    return state().reader()->query_int(sql);
  }
};

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

TEST_F(ColumnsTest, AreBuiltAnewWhenAnOlderFileIsOpened) {
  add_plays(1, 700);
  const auto path = mirror_.path();
  execute(test::kMakeFormat3);
  execute("PRAGMA user_version = 1");
  execute(R"sql(
    DROP TABLE playmirror_exclusions; DROP TABLE playmirror_blocks;
    DROP TABLE playmirror_block_data; DROP TABLE playmirror_removed;
    DROP TABLE playmirror_unsealed; DROP TABLE playmirror_track_codes;
    DROP TABLE playmirror_artist_codes; DROP TABLE playmirror_source_codes;
    DROP TABLE playmirror_context_codes; DELETE FROM playmirror_meta WHERE key LIKE 'columns%';
  )sql");
  mirror_ = Mirror::open(path);
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
