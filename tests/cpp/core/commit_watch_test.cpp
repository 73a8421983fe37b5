// A mark of the file changes with every commit, whoever makes it, and with nothing else.

#include "core/columns/file_moment.hpp"
#include "core/columns/play_columns.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <array>
#include <filesystem>
#include <memory>
#include <string>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

namespace playmirror {
namespace {

class CommitWatchTest : public QueryTest {
 protected:
  [[nodiscard]] MirrorState& state() const { return *MirrorAccess::state(mirror_); }
  [[nodiscard]] std::filesystem::path path(const char* suffix = "") const {
    return directory_ / (std::string("music.db") + suffix);
  }

  static void add_artist(sqlite::Database& database) {
    database.execute("INSERT INTO artists (id) VALUES (hex(randomblob(8)))");
  }
};

TEST_F(CommitWatchTest, ChangesWithEveryCommitOfThisProcess) {
  auto before = state().mark();
  ASSERT_TRUE(before);
  EXPECT_EQ(state().mark(), before);
  for (int i = 0; i < 300; ++i) {
    state().write(add_artist);
    const auto after = state().mark();
    ASSERT_NE(after, before);
    ASSERT_EQ(state().mark(), after);
    before = after;
  }
}

TEST_F(CommitWatchTest, StaysWhenNothingIsCommitted) {
  const auto before = state().mark();
  static_cast<void>(mirror_.status());
  try {
    state().write([](sqlite::Database& database) {
      add_artist(database);
      throw std::string("rolled back");
    });
  } catch (const std::string&) {
  }
  EXPECT_EQ(state().mark(), before);
}

TEST_F(CommitWatchTest, ChangesWhenTheLogStartsAnew) {
  // The same rows, but SQLite reads its pages again as well.
  state().write(add_artist);
  const auto before = state().mark();
  auto other = sqlite::Database::open(path(), sqlite::OpenMode::read_write);
  other.checkpoint(true);
  add_artist(other);
  EXPECT_NE(state().mark(), before);
}

TEST_F(CommitWatchTest, ChangesWithCommitsOfAnotherProcess) {
  const auto before = state().mark();
  const pid_t child = ::fork();
  if (child == 0) {
    bool refused = false;
    try {
      static_cast<void>(state().mark());
    } catch (const Error& error) {
      refused = error.code() == ErrorCode::closed;
    }
    {
      const Mirror own = Mirror::open(path());
      MirrorAccess::state(own)->write(add_artist);
    }
    ::_exit(refused ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
  EXPECT_NE(state().mark(), before);
}

TEST_F(CommitWatchTest, KnowsFilesWithoutALogToo) {
  const std::filesystem::path copy = directory_ / "copy.db";
  state().write([&](sqlite::Database& database) { add_artist(database); });
  state().reader()->execute("VACUUM INTO '" + copy.string() + "'");
  MirrorOptions options;
  options.read_only = true;
  const Mirror mirror = Mirror::open(copy, options);
  MirrorState& copied = *MirrorAccess::state(mirror);
  ASSERT_FALSE(copied.reader()->has_log());
  auto before = copied.mark();
  ASSERT_TRUE(before);
  EXPECT_EQ(copied.mark(), before);
  auto other = sqlite::Database::open(copy, sqlite::OpenMode::read_write);
  add_artist(other);
  auto after = copied.mark();
  EXPECT_NE(after, before);
  EXPECT_FALSE(std::filesystem::exists(copy.string() + "-shm"));
  // It gets one in the meantime.
  other.use_log(std::chrono::seconds(1));
  EXPECT_NE(copied.mark(), after);
  after = copied.mark();
  EXPECT_EQ(copied.mark(), after);
  add_artist(other);
  EXPECT_NE(copied.mark(), after);
}

TEST_F(CommitWatchTest, ReadsAnIndexThatItMayNotWrite) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can become somebody else";
  state().write(add_artist);  // the log has rows, so the file alone is not all
  constexpr uid_t kNobody = 65'534;
  for (const char* suffix : {"", "-wal", "-shm"}) {
    ASSERT_EQ(::chown(path(suffix).c_str(), kNobody, kNobody), 0);
    ASSERT_EQ(::chmod(path(suffix).c_str(), 0400), 0);
  }
  ASSERT_EQ(::chmod(directory_.c_str(), 0755), 0);
  std::array<int, 2> ready{};
  std::array<int, 2> done{};
  ASSERT_EQ(::pipe(ready.data()), 0);
  ASSERT_EQ(::pipe(done.data()), 0);
  const pid_t child = ::fork();
  if (child == 0) {
    bool right = ::seteuid(kNobody) == 0;
    MirrorOptions options;
    options.read_only = true;
    const Mirror mirror = Mirror::open(path(), options);
    const auto before = MirrorAccess::state(mirror)->mark();
    right = right && before && MirrorAccess::state(mirror)->mark() == before;
    char byte = 0;
    right = right && ::write(ready[1], &byte, 1) == 1 && ::read(done[0], &byte, 1) == 1;
    right = right && MirrorAccess::state(mirror)->mark() != before;
    ::_exit(right ? 0 : 1);
  }
  char byte = 0;
  ASSERT_EQ(::read(ready[0], &byte, 1), 1);
  state().write(add_artist);
  ASSERT_EQ(::write(done[1], &byte, 1), 1);
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  EXPECT_EQ(status, 0);
}

TEST_F(CommitWatchTest, ARenewedFileHasNoMarkOfTheOldOne) {
  const auto before = state().mark();
  static_cast<void>(state().renew({}));
  EXPECT_NE(state().mark(), before);
}

TEST_F(CommitWatchTest, RefusesOnceClosed) {
  static_cast<void>(state().mark());
  mirror_.close();
  EXPECT_THROW(static_cast<void>(state().mark()), Error);
}

TEST_F(CommitWatchTest, AMomentIsKnownFromMemoryUntilSomebodyCommits) {
  execute(
      "INSERT INTO play_history (id, track_id, played_at) VALUES (1, 't', '2024-01-01 00:00:00')");
  using columns::Hold;
  using columns::PlayColumns;
  static_cast<void>(PlayColumns::read(state()));
  const auto known = PlayColumns::read(state(), Hold::when_needed);
  const auto held = PlayColumns::read(state(), Hold::when_needed);
  EXPECT_EQ(held.database().query_int("SELECT count(*) FROM play_history"), 1);
  execute(
      "INSERT INTO play_history (id, track_id, played_at) VALUES (2, 't', '2024-01-02 00:00:00')");
  EXPECT_EQ(known.count({}), 1U);
  EXPECT_THROW(static_cast<void>(known.database()), columns::MomentPassed);
  EXPECT_THROW(static_cast<void>(known.database()), columns::MomentPassed);
  EXPECT_EQ(held.database().query_int("SELECT count(*) FROM play_history"), 1);
  EXPECT_EQ(PlayColumns::read(state(), Hold::when_needed).count({}), 2U);
}

}  // namespace
}  // namespace playmirror
