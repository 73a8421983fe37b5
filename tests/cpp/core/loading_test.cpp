// What is added up of rows while they are loaded is what reading them again gives.

#include "core/columns/check.hpp"
#include "core/columns/loaded_plays.hpp"
#include "core/columns/rebuild.hpp"
#include "core/digest/loaded_digests.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_writer.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <cstdint>
#include <functional>
#include <limits>
#include <optional>
#include <random>
#include <string>
#include <vector>

namespace playmirror {
namespace {

constexpr std::int64_t kMinute = 60'000'000;

std::string big_endian(std::int64_t value, int size) {
  std::string bytes;
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((value >> shift) & 0xff);
  }
  return bytes;
}

/// A play as the server sends it; `played_at` in microseconds since 2000.
struct Sent {
  std::int64_t id = 0;
  std::optional<std::int64_t> played_at = {};
};

void append(ingest::RowBatch& batch, const Sent& play) {
  ingest::RowBuilder row(batch, 7);
  const auto text = [&](const std::string& value) {
    value.empty() ? row.null() : row.field(value);
  };
  row.field(big_endian(play.id, 4));
  text(play.id % 17 == 0 ? "" : "t" + std::to_string(play.id * 7919 % 60));
  play.played_at ? row.field(big_endian(*play.played_at, 8)) : row.null();
  text(play.id % 3 == 0 ? "" : "c" + std::to_string(play.id % 11));
  play.id % 5 == 0 ? row.null() : row.field(big_endian(play.id * 37 % 300'000 - 10, 4));
  play.id % 4 == 0 ? row.null() : row.field(std::string(1, static_cast<char>(play.id % 4 == 1)));
  text(play.id % 7 == 0 ? "" : "poll");
}

class LoadingTest : public QueryTest {
 protected:
  LoadingTest() {
    execute("INSERT INTO tracks (id, name) VALUES ('t1', 'One'), ('t2', 'Two'), ('unheard', 'No')");
    execute("INSERT INTO artists (id, name) VALUES ('a', 'A')");
    execute("INSERT INTO track_artists VALUES ('t2', 'a')");
  }

  [[nodiscard]] MirrorState& state() const { return *MirrorAccess::state(mirror_); }

  /// Loads plays in this order as a first copy does. Whether the columns were completed from what
  /// came by; else they are rebuilt.
  bool load(const std::vector<Sent>& plays, std::size_t batch_rows = 30'000) {
    state().write([](sqlite::Database& database) {
      columns::drop(database);
      digest::forget_digests(database);
    });
    const schema::TableLayout& layout = schema::record_layout("play_history");
    columns::LoadedPlays loaded(state().reader().database(), layout.columns);
    auto digests = digests_.table(layout, layout.columns, digest::LoadedDigests::Part::rows);
    for (std::size_t begin = 0; begin < plays.size(); begin += batch_rows) {
      ingest::RowBatch batch;
      for (std::size_t i = begin; i < std::min(begin + batch_rows, plays.size()); ++i) {
        append(batch, plays[i]);
      }
      ingest::RowReader row(batch.bytes, layout.columns);
      while (row.next()) {
        loaded.add(row);
        digests.add(row);
      }
      state().write([&](sqlite::Database& database) {
        ingest::RowWriter(database, layout, layout.columns, ingest::WriteMode::load)
            .write(batch.bytes);
        for (const auto& block : loaded.take_blocks()) columns::write_block(database, block);
      });
    }
    between_();
    bool completed = false;
    state().write([&](sqlite::Database& database) {
      completed = loaded.finish(database);
      if (!completed) columns::rebuild(database);
    });
    return completed;
  }

  void expect_sound() const {
    const CallControl control;
    CallWatch watch(control);
    for (const FileProblem& problem : columns::check(state(), watch)) {
      ADD_FAILURE() << problem.where << ": " << problem.what;
    }
    EXPECT_EQ(mirror_.stats().totals().plays,
              state().reader()->query_int("SELECT count(*) FROM play_history"));
  }

  digest::LoadedDigests digests_;
  std::function<void()> between_ = [] {};
};

std::vector<Sent> in_order(int plays) {
  std::vector<Sent> sent;
  for (int id = 1; id <= plays; ++id) sent.push_back({id, id * kMinute});
  return sent;
}

TEST_F(LoadingTest, ColumnsOfPlaysInOrder) {
  EXPECT_TRUE(load(in_order(140'000)));
  expect_sound();
  EXPECT_EQ(state().reader()->query_int("SELECT count(*) FROM playmirror_blocks"), 3);
}

TEST_F(LoadingTest, ColumnsOfPlaysInDisorder) {
  std::vector<Sent> plays = in_order(220'000);
  std::mt19937_64 random(7);
  const auto some = [&] { return random() % plays.size(); };
  for (int swap = 0; swap < 3'000; ++swap) {
    std::swap(plays[some()].played_at, plays[some()].played_at);
  }
  for (int odd = 0; odd < 500; ++odd) {
    plays[some()].played_at.reset();
    plays[some()].played_at = std::numeric_limits<std::int64_t>::max();
    plays[some()].played_at = std::numeric_limits<std::int64_t>::min();
  }
  EXPECT_TRUE(load(plays));
  EXPECT_GT(state().reader()->query_int("SELECT sum(plays) FROM playmirror_blocks WHERE late"), 0);
  expect_sound();
}

TEST_F(LoadingTest, ColumnsOfPlaysInNoOrderAreRebuilt) {
  std::vector<Sent> plays = in_order(230'000);
  std::ranges::reverse(plays);
  EXPECT_FALSE(load(plays));
  expect_sound();
}

TEST_F(LoadingTest, ColumnsAreRebuiltWhenARowCameTwice) {
  std::vector<Sent> plays = in_order(1'000);
  plays.push_back({7, 2'000 * kMinute});
  EXPECT_FALSE(load(plays));
  expect_sound();
}

TEST_F(LoadingTest, ColumnsAreRebuiltWhenAPlayIsRecordedMeanwhile) {
  // As many rows as came by, and yet others.
  std::vector<Sent> plays = in_order(1'000);
  plays.push_back({7, 2'000 * kMinute});
  between_ = [&] { static_cast<void>(mirror_.plays().add({.track_id = "t1"})); };
  EXPECT_FALSE(load(plays));
  expect_sound();
}

TEST_F(LoadingTest, FewPlaysAndNone) {
  EXPECT_TRUE(load({}));
  expect_sound();
  EXPECT_TRUE(load({{1, std::nullopt}}));
  expect_sound();
}

TEST_F(LoadingTest, DigestsOfWhatWasLoaded) {
  load(in_order(9'000), 700);
  EXPECT_FALSE(digests_.are_of(state().reader().database())) << "tracks were not added";
  execute("DELETE FROM tracks; DELETE FROM artists; DELETE FROM track_artists");
  EXPECT_TRUE(digests_.are_of(state().reader().database()));
  state().write([&](sqlite::Database& database) { digests_.store(database); });
  const CallControl control;
  CallWatch watch(control);
  state().write([&](sqlite::Database& database) {
    const digest::FileDigests found = digest::check_digests(database, watch);
    EXPECT_EQ(found.blocks, 3);
    EXPECT_TRUE(found.problems.empty());
  });
  // From here on they are kept in step.
  execute("DELETE FROM play_history WHERE id = 9000");
  EXPECT_FALSE(digests_.are_of(state().reader().database())) << "a row has gone";
  EXPECT_TRUE(mirror_.verify().ok);
  static_cast<void>(mirror_.snapshots().add({.date = Timestamp::from_unix_micros(0)}));
  EXPECT_TRUE(mirror_.verify().ok);
}

}  // namespace
}  // namespace playmirror
