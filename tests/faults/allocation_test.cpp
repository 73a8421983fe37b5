// Any allocation may fail: the call ends with an error and not with a crash, the file is good, and
// the same call does its work when there is memory again.
//
// PLAYMIRROR_TEST_ALLOCATIONS says how many allocations of each call fail in turn, spread evenly;
// 0 is all of them.

#include "core/files/private_file.hpp"
#include "tests/cpp/support/database.hpp"
#include "tests/faults/failing_allocations.hpp"

#include <playmirror/playmirror.hpp>

#include <algorithm>
#include <cstdlib>
#include <filesystem>
#include <functional>
#include <iostream>
#include <new>
#include <optional>
#include <string>

namespace playmirror {
namespace {

long sample() {
  const char* told = std::getenv("PLAYMIRROR_TEST_ALLOCATIONS");
  return told != nullptr ? std::atol(told) : 40;
}

class FailingAllocations : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string name = (std::filesystem::temp_directory_path() / "playmirror-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    sql("INSERT INTO artists (id, name, genres) VALUES ('a1', 'Björk', '[\"art pop\"]');"
        "INSERT INTO tracks (id, name, lyrics) SELECT 't' || n, 'Track ' || n, repeat('la ', n) "
        "  FROM generate_series(1, 5) n;"
        "INSERT INTO track_artists SELECT id, 'a1' FROM tracks;"
        "INSERT INTO play_history (track_id, played_at) "
        "  SELECT 't1', timestamp '2020-01-01' + n * interval '1 hour' FROM generate_series(1, 20) "
        "n");
    server_.emplace(Server::connect(dsn()));
  }
  void TearDown() override {
    mirror_.reset();
    server_.reset();
    if (!directory_.empty()) std::filesystem::remove_all(directory_);
  }

  [[nodiscard]] Mirror open() const { return Mirror::open(file()); }
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "music.db"; }

  /// A mirror that has been pulled; the server has changed since.
  void prepare() {
    mirror_.reset();
    start_anew();
    mirror_.emplace(open());
    server_->pull(*mirror_);
    sql("UPDATE tracks SET name = name || '!'; "
        "DELETE FROM play_history WHERE id = (SELECT min(id) FROM play_history);"
        "INSERT INTO play_history (track_id) VALUES ('t1')");
  }

  void start_anew() const {
    std::filesystem::remove_all(directory_);
    std::filesystem::create_directory(directory_);
  }

  static void add_play(const Mirror& mirror, std::int64_t second) {
    mirror.plays().add({.track_id = "t1",
                        .played_at = Timestamp::from_postgres_micros(second * 1'000'000),
                        .source = "device"});
  }

  /// Lets the allocations of `work` fail, one in each round, behind `begin` and before `check`; the
  /// first `skip` are left alone.
  void sweep(const char* name, const std::function<void()>& begin,
             const std::function<void()>& work, const std::function<void()>& check, long skip = 0) {
    begin();
    work();  // what is made once and kept
    begin();
    const long total = test::count_allocations(work);
    const long step = sample() > 0 ? std::max(total / sample(), 1L) : 1;
    long cases = 0;
    long refused = 0;
    for (long number = skip + 1; number <= total; number += step) {
      for (const bool for_ever : {false, true}) {
        SCOPED_TRACE(std::string(name) + ": allocation " + std::to_string(number) +
                     (for_ever ? " and all later ones" : ""));
        begin();
        ++cases;
        try {
          test::with_failing_allocation(number, for_ever, work);
        } catch (const std::bad_alloc&) {
          ++refused;
        } catch (const Error&) {
          ++refused;
        }
        check();
        if (HasFailure()) return;
      }
    }
    std::cout << name << ": " << total << " allocations, " << cases << " cases, " << refused
              << " errors\n";
    EXPECT_GT(refused, 0);
  }

  static void expect_good_file(const Mirror& mirror) {
    const FileReport report = mirror.verify();
    for (const FileProblem& problem : report.problems) {
      ADD_FAILURE() << problem.where << ": " << problem.what;
    }
    EXPECT_TRUE(report.ok);
  }

  /// The mirror becomes equal to the server, and nothing of ours is there twice.
  void expect_sync(int plays) {
    server_->sync(*mirror_);
    EXPECT_TRUE(mirror_->pending().empty());
    EXPECT_TRUE(server_->verify(*mirror_).equal);
    EXPECT_EQ(sql("SELECT count(*) FROM play_history WHERE source = 'device'"),
              std::to_string(plays));
    sql("DELETE FROM play_history WHERE source = 'device'");
  }

  std::filesystem::path directory_;
  std::optional<Server> server_;
  std::optional<Mirror> mirror_;
};

TEST_F(FailingAllocations, InOpen) {
  start_anew();
  // path::compare of Boost 1.74 is noexcept and allocates, so resolving the path has to go well.
  const long boost = test::count_allocations([&] { static_cast<void>(files::resolved(file())); });
  const auto work = [&] { static_cast<void>(open()); };
  const auto check = [&] { expect_good_file(open()); };
  sweep(
      "open", [&] { start_anew(); }, work, check, boost);
}

TEST_F(FailingAllocations, InTheFirstCopy) {
  const auto begin = [&] {
    mirror_.reset();
    start_anew();
    mirror_.emplace(open());
  };
  const auto check = [&] {
    expect_good_file(*mirror_);
    expect_sync(0);
  };
  sweep(
      "first copy", begin, [&] { server_->pull(*mirror_); }, check);
}

TEST_F(FailingAllocations, InPull) {
  const auto check = [&] {
    expect_good_file(*mirror_);
    expect_sync(0);
  };
  sweep(
      "pull", [&] { prepare(); }, [&] { server_->pull(*mirror_); }, check);
}

TEST_F(FailingAllocations, InAdd) {
  const auto check = [&] {
    expect_good_file(*mirror_);
    add_play(*mirror_, 1);
    expect_sync(1);
  };
  sweep(
      "add", [&] { prepare(); }, [&] { add_play(*mirror_, 1); }, check);
}

TEST_F(FailingAllocations, InPush) {
  const auto begin = [&] {
    sql("DELETE FROM play_history WHERE source = 'device'");
    prepare();
    add_play(*mirror_, 1);
    add_play(*mirror_, 2);
  };
  const auto check = [&] {
    expect_good_file(*mirror_);
    expect_sync(2);
  };
  sweep(
      "push", begin, [&] { server_->push(*mirror_); }, check);
}

TEST_F(FailingAllocations, InQueries) {
  prepare();
  const Mirror& mirror = *mirror_;
  sweep(
      "query", [] {},
      [&] {
        EXPECT_EQ(mirror.plays().recent(5).size(), 5U);
        EXPECT_EQ(mirror.stats().top_tracks().size(), 1U);
        EXPECT_EQ(mirror.stats().genre_artist_counts().size(), 1U);
        static_cast<void>(mirror.sql("SELECT name, count(*) FROM tracks GROUP BY name"));
        Cursor<Track> tracks = mirror.tracks().list();
        while (const auto track = tracks.next()) EXPECT_FALSE(track->id.empty());
        static_cast<void>(mirror.status());
      },
      [&] { EXPECT_EQ(mirror.plays().recent(5).size(), 5U); });
}

TEST_F(FailingAllocations, InStatistics) {
  prepare();
  sql("INSERT INTO artists (id, genres) VALUES ('a1', '[\"b\", \"a\"]'), ('a2', '[\"c\", \"a\"]')"
      " ON CONFLICT (id) DO UPDATE SET genres = excluded.genres;"
      "INSERT INTO track_artists VALUES ('t1', 'a1'), ('t1', 'a2') ON CONFLICT DO NOTHING");
  server_->pull(*mirror_);
  const auto ask = [this] {
    const Stats stats = mirror_->stats();
    return std::tuple(stats.top_artists(), stats.top_genres(), stats.top_albums(),
                      stats.diversity({.track_identity = TrackIdentity::isrc}, Entity::track),
                      stats.entity_profile({}, "a1", Entity::artist));
  };
  const auto expected = ask();
  ASSERT_GE(std::get<0>(expected).size(), 2U);
  const auto begin = [this] {
    mirror_.reset();  // with all that it has read
    mirror_.emplace(open());
  };
  // What a call had begun to read when it failed, the next one reads from the start.
  sweep(
      "statistics", begin, [&] { static_cast<void>(ask()); }, [&] { EXPECT_EQ(ask(), expected); });
}

}  // namespace
}  // namespace playmirror
