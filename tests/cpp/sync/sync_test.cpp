// The whole way there and back, in one process and small, so that the sanitizers see it: pull,
// record, push, verify; rows refused, lost answers, cancelled calls, readers beside a sync.

#include "core/mirror/state.hpp"
#include "tests/cpp/support/database.hpp"

#include <playmirror/playmirror.hpp>

#include <atomic>
#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <stop_token>
#include <string>
#include <thread>
#include <vector>

namespace playmirror {
namespace {

using namespace std::chrono_literals;

Timestamp moment(std::int64_t second) {
  return Timestamp::from_postgres_micros(second * 1'000'000);
}

class Syncing : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string name = (std::filesystem::temp_directory_path() / "playmirror-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    sql("INSERT INTO artists (id, name, genres) VALUES ('a1', 'Björk', '[\"art pop\"]');"
        "INSERT INTO tracks (id, name, tempo, lyrics) "
        "  SELECT 't' || n, 'Track ' || n, n / 3.0, repeat('la ', n) FROM generate_series(1, 50) n;"
        "INSERT INTO track_artists SELECT id, 'a1' FROM tracks;"
        "INSERT INTO play_history (track_id, played_at, skipped) "
        "  SELECT 't' || (n % 50 + 1), timestamp '2020-01-01' + n * interval '1 hour', n % 3 = 0 "
        "  FROM generate_series(1, 3000) n;"
        "INSERT INTO analysis_snapshots (date, metrics_payload) VALUES (now(), '{\"a\": 1}');"
        "INSERT INTO playlist_config (key) VALUES ('six_hour')");
  }
  void TearDown() override {
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] Mirror open(const char* name = "music.db") const {
    return Mirror::open(directory_ / name);
  }

  static void add_play(const Mirror& mirror, std::int64_t second, const char* track = "t1") {
    mirror.plays().add({.track_id = track, .played_at = moment(second), .listened_ms = second});
  }

  static void expect_equal(Server& server, const Mirror& mirror) {
    const VerifyReport report = server.verify(mirror);
    EXPECT_TRUE(report.equal);
    EXPECT_TRUE(report.skipped.empty());
    for (const Difference& difference : report.differences) {
      ADD_FAILURE() << difference.table << ' ' << difference.key;
    }
  }

  /// Ends every other connection to the database, as a broken line would.
  void cut_all() const {
    sql("SELECT pg_terminate_backend(pid) FROM pg_stat_activity "
        "WHERE datname = current_database() AND pid <> pg_backend_pid()");
  }

  std::filesystem::path directory_;
};

TEST_F(Syncing, ThereAndBack) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  SyncReport report = server.sync(mirror);
  EXPECT_EQ(report.method, PullMethod::first_copy);
  EXPECT_EQ(report.pulled.at("play_history").inserted, 3000);
  EXPECT_TRUE(report.complete);
  expect_equal(server, mirror);

  mirror.artists().add({.id = "a2", .genres = "[]"});
  mirror.tracks().add({.id = "new", .raw_data = R"({"a":1})", .tempo = 0.1}, {"a1", "a2"});
  const Play play = mirror.plays().add({.track_id = "new", .played_at = moment(1)});
  const Snapshot snapshot =
      mirror.snapshots().add({.date = moment(5), .metrics_payload = "[1.50]"});
  report = server.sync(mirror);
  EXPECT_EQ(report.pushed, 4);
  EXPECT_TRUE(mirror.pending().empty());
  EXPECT_GT(mirror.snapshots().find(snapshot.id)->id, 0);
  expect_equal(server, mirror);

  sql("UPDATE tracks SET name = 'other' WHERE id = 't7'; DELETE FROM play_history WHERE id < 4;"
      "ALTER TABLE tracks ADD COLUMN mood text NOT NULL DEFAULT 'calm'");
  report = server.sync(mirror);
  EXPECT_EQ(report.pulled.at("play_history").deleted, 3);
  EXPECT_EQ(report.pulled.at("tracks").new_columns, std::vector<std::string>{"mood"});
  EXPECT_EQ(mirror.tracks().find("t7")->name, "other");
  expect_equal(server, mirror);
  // Other tests write to the same server, so at times something has happened there.
  for (int attempt = 0; attempt < 100 && report.method != PullMethod::unchanged; ++attempt) {
    report = server.sync(mirror);
  }
  EXPECT_EQ(report.method, PullMethod::unchanged);
  EXPECT_TRUE(server.doctor().ok);
  EXPECT_EQ(mirror.plays().find(play.id)->track_id, "new");
}

TEST_F(Syncing, RefusedAndWaitingRowsDoNotHoldUpTheOthers) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  server.pull(mirror);
  sql("ALTER TABLE play_history ADD CONSTRAINT sane CHECK (listened_ms <> 77);"
      "DELETE FROM play_history WHERE track_id = 't9';"
      "DELETE FROM track_artists WHERE track_id = 't9'; DELETE FROM tracks WHERE id = 't9'");
  for (int second = 0; second < 100; ++second) add_play(mirror, second);
  add_play(mirror, 200, "t9");
  const SyncReport report = server.push(mirror, {.batch_rows = 40});
  EXPECT_EQ(report.pushed, 99);
  EXPECT_EQ(report.rejected, 1);
  EXPECT_EQ(report.waiting, 1);
  ASSERT_EQ(mirror.pending().size(), 2U);
  EXPECT_EQ(mirror.pending()[0].constraint, "sane");
  EXPECT_EQ(mirror.pending()[1].state, PendingState::waiting);
  sql("ALTER TABLE play_history DROP CONSTRAINT sane; INSERT INTO tracks (id) VALUES ('t9')");
  mirror.retry();
  EXPECT_EQ(server.sync(mirror).pushed, 2);
  expect_equal(server, mirror);
}

TEST_F(Syncing, TwoDevicesAndACopyPushEachPlayOnce) {
  Mirror one = open("one.db");
  Server server = Server::connect(dsn());
  server.pull(one);
  for (int second = 0; second < 30; ++second) add_play(one, second);
  one.close();
  std::filesystem::copy_file(directory_ / "one.db", directory_ / "two.db");
  std::vector<std::jthread> devices;
  std::atomic<std::int64_t> pushed = 0;
  std::atomic<std::int64_t> already_there = 0;
  for (const char* name : {"one.db", "two.db"}) {
    devices.emplace_back([&, name] {
      Mirror mirror = open(name);
      Server own = Server::connect(dsn());
      const SyncReport report = own.sync(mirror, {.push = {.batch_rows = 7}});
      pushed += report.pushed;
      already_there += report.already_there;
    });
  }
  devices.clear();
  EXPECT_EQ(pushed, 30);
  EXPECT_EQ(already_there, 30);
  EXPECT_EQ(sql("SELECT count(*) FROM play_history"), "3030");
}

TEST_F(Syncing, ALostConnectionIsFoundOutAndMadeAnew) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  server.pull(mirror);
  for (int second = 0; second < 5; ++second) {
    add_play(mirror, second);
    cut_all();
    try {
      server.sync(mirror);
    } catch (const ServerUnavailable& error) {
      EXPECT_TRUE(error.retryable());
      server.sync(mirror);
    }
    EXPECT_TRUE(mirror.pending().empty());
  }
  EXPECT_EQ(sql("SELECT count(*) FROM play_history"), "3005");
  expect_equal(server, mirror);
}

TEST_F(Syncing, AnythingCutAtAnyMomentIsFinishedLater) {
  Mirror mirror = open();
  { Server::connect(dsn()).pull(mirror); }
  std::jthread cutter([this](const std::stop_token& stop) {
    while (!stop.stop_requested()) {
      std::this_thread::sleep_for(7ms);
      cut_all();
    }
  });
  for (int second = 0; second < 40; ++second) {
    add_play(mirror, second);
    try {
      Server server = Server::connect(dsn());
      server.sync(mirror);
    } catch (const Error& error) {
      EXPECT_TRUE(error.retryable()) << error.what();
    }
  }
  cutter.request_stop();
  cutter.join();
  Server server = Server::connect(dsn());
  server.sync(mirror);
  EXPECT_TRUE(mirror.pending().empty());
  EXPECT_EQ(sql("SELECT count(*) FROM play_history"), "3040");
  expect_equal(server, mirror);
}

TEST_F(Syncing, AStoppedCallLeavesAGoodFile) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  for (int ticks = 0; ticks < 8; ++ticks) {
    std::stop_source source;
    int left = ticks;
    const CallControl control{.on_progress =
                                  [&](const Progress&) {
                                    if (left-- == 0) source.request_stop();
                                  },
                              .stop = source.get_token()};
    try {
      server.pull(mirror, {}, control);
    } catch (const Cancelled& error) {
      EXPECT_EQ(error.code(), ErrorCode::cancelled);
    }
    EXPECT_TRUE(mirror.verify().ok);
  }
  server.pull(mirror);
  expect_equal(server, mirror);
}

TEST_F(Syncing, AServerThatWasMovedFromSaysSo) {
  Server other = Server::connect(dsn());
  Server server = std::move(other);
  other.close();  // NOLINT(bugprone-use-after-move): as often as one likes
  try {
    static_cast<void>(other.name());
    ADD_FAILURE() << "it has a name";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::closed);
    EXPECT_NE(std::string(error.what()).find("moved from"), std::string::npos);
  }
  EXPECT_FALSE(server.name().empty());
}

TEST_F(Syncing, AnExceptionFromACallbackReachesTheCaller) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  const CallControl control{.on_tick = [] { throw 42; }};
  EXPECT_THROW(server.pull(mirror, {}, control), int);
  server.pull(mirror);
  expect_equal(server, mirror);
}

TEST_F(Syncing, ReadersAndRecordersGoOn) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  sql("UPDATE tracks SET popularity = 0");
  server.pull(mirror);
  std::atomic<std::int64_t> recorded = 0;
  {
    std::vector<std::jthread> threads;
    for (int reader = 0; reader < 3; ++reader) {
      threads.emplace_back([&](const std::stop_token& stop) {
        std::int64_t seen = 0;
        while (!stop.stop_requested()) {
          const std::int64_t now = mirror.plays().count();
          EXPECT_GE(now, seen);
          seen = now;
          EXPECT_EQ(mirror.sql("SELECT DISTINCT popularity FROM tracks").row_count(), 1U);
        }
      });
    }
    threads.emplace_back([&](const std::stop_token& stop) {
      while (!stop.stop_requested()) add_play(mirror, recorded++);
    });
    for (int round = 0; round < 15; ++round) {
      sql("UPDATE tracks SET popularity = " + std::to_string(round));
      server.sync(mirror);
    }
    for (std::jthread& thread : threads) thread.request_stop();
  }
  server.sync(mirror);
  EXPECT_EQ(sql("SELECT count(*) FROM play_history"), std::to_string(3000 + recorded));
  expect_equal(server, mirror);
}

TEST_F(Syncing, WhatTheServerRefusesHasTheClassOfItsCode) {
  Mirror mirror = open();
  Server server = Server::connect(dsn());
  server.pull(mirror);
  add_play(mirror, 1);
  sql("ALTER TABLE play_history RENAME TO elsewhere");
  server.push(mirror);
  EXPECT_EQ(mirror.pending().front().state, PendingState::waiting);
  EXPECT_EQ(mirror.pending().front().sqlstate, "42P01");
  sql("ALTER TABLE elsewhere RENAME TO play_history;"
      "DROP ROLE IF EXISTS sync_test_reader; CREATE ROLE sync_test_reader LOGIN;"
      "GRANT SELECT ON ALL TABLES IN SCHEMA public TO sync_test_reader;"
      "GRANT INSERT ON play_history TO sync_test_reader");
  Server reader = Server::connect(dsn() + " user=sync_test_reader");
  EXPECT_EQ(reader.push(mirror).waiting, 1);  // no right to the sequence
  EXPECT_EQ(mirror.pending().front().state, PendingState::waiting);
  EXPECT_EQ(mirror.pending().front().sqlstate, "42501");
  sql("DROP OWNED BY sync_test_reader; DROP ROLE sync_test_reader");
  EXPECT_EQ(server.sync(mirror).pushed, 1);
}

}  // namespace
}  // namespace playmirror
