// The mirror as a file: what is made, what is refused, who may have it open at the same time.

#include "core/files/file_lock.hpp"
#include "core/schema/bookkeeping.hpp"
#include "core/sqlite/database.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <cstdio>
#include <fcntl.h>
#include <fstream>
#include <functional>
#include <future>
#include <stdexcept>
#include <string>
#include <sys/file.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <thread>
#include <unistd.h>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

namespace fs = std::filesystem;
using namespace std::chrono_literals;

constexpr auto kPrivate = fs::perms::owner_read | fs::perms::owner_write;

class MirrorFile : public QueryTest {
 protected:
  [[nodiscard]] fs::path file(const char* name = "other.db") const { return directory_ / name; }

  static ErrorCode refusal(const fs::path& path, const MirrorOptions& options = {}) {
    try {
      static_cast<void>(Mirror::open(path, options));
      ADD_FAILURE() << path << " was opened";
      return ErrorCode::internal;
    } catch (const Error& error) {
      EXPECT_FALSE(error.hint().empty()) << error.what();
      return error.code();
    }
  }

  static void write_bytes(const fs::path& path, const std::string& bytes) {
    std::ofstream(path, std::ios::binary) << bytes;
  }

  static std::string bytes_of(const fs::path& path) {
    std::ifstream stream(path, std::ios::binary);
    return {std::istreambuf_iterator<char>(stream), {}};
  }

  /// Changes the closed mirror as another program could, leaving no log behind.
  void tamper(const std::string& sql) {
    mirror_.close();
    auto database = sqlite::Database::open(file("music.db"), sqlite::OpenMode::read_write);
    database.execute(sql);
    database.checkpoint(true);
  }

  /// A forked child that does `work`.
  template <typename Work>
  static pid_t start_child(Work work) {
    const pid_t child = ::fork();
    if (child != 0) return child;
    try {
      work();
      ::_exit(HasFailure() ? 2 : 0);
    } catch (const std::exception& error) {
      std::fprintf(stderr, "in the child: %s\n", error.what());
      ::_exit(1);
    }
  }

  /// Waits for the child; 0 when all went well there.
  static int end_of(pid_t child) {
    int status = 0;
    EXPECT_EQ(::waitpid(child, &status, 0), child);
    return WIFEXITED(status) ? WEXITSTATUS(status) : 128;
  }
};

TEST_F(MirrorFile, IsPrivateWhateverTheUmask) {
  const mode_t before = ::umask(0);
  const Mirror mirror = Mirror::open(directory_ / "new" / "deep" / "music.db");
  mirror.artists().add({.id = "a1"});
  ::umask(before);
  int files = 0;
  for (const auto& entry : fs::directory_iterator(directory_ / "new" / "deep")) {
    EXPECT_EQ(entry.status().permissions(), kPrivate) << entry.path();
    ++files;
  }
  EXPECT_GE(files, 4);  // the file, its log, its shared memory and its lock
  EXPECT_EQ(fs::status(directory_ / "new" / "deep").permissions(), fs::perms::owner_all);
}

TEST_F(MirrorFile, SaysWhatItIs) {
  mirror_.close();
  const auto database = sqlite::Database::open(file("music.db"), sqlite::OpenMode::read_only);
  EXPECT_EQ(database.query_int("PRAGMA application_id"), schema::kApplicationId);
  EXPECT_EQ(database.query_int("PRAGMA user_version"), schema::kFormatVersion);
  EXPECT_EQ(database.query_text("PRAGMA journal_mode"), "wal");
  EXPECT_EQ(database.query_text("PRAGMA encoding"), "UTF-8");
  EXPECT_EQ(database.query_int("SELECT count(*) FROM pragma_table_list "
                               "WHERE schema = 'main' AND type = 'table' AND NOT strict "
                               "AND name NOT LIKE 'sqlite%'"),
            0);
}

TEST_F(MirrorFile, ClosedItIsWholeByItself) {
  mirror_.artists().add({.id = "a1"});
  mirror_.close();
  fs::copy_file(file("music.db"), file());
  const Mirror copy = Mirror::open(file());
  EXPECT_EQ(copy.pending().size(), 1U);
  EXPECT_TRUE(copy.verify().ok);
}

TEST_F(MirrorFile, OtherFilesAreRefusedAndLeftAlone) {
  for (const std::string& bytes :
       {std::string("hello"), std::string(5000, 'x'), std::string(4096, '\0')}) {
    write_bytes(file(), bytes);
    const ErrorCode code = refusal(file());
    EXPECT_TRUE(code == ErrorCode::not_a_mirror || code == ErrorCode::damaged) << to_string(code);
    EXPECT_EQ(bytes_of(file()), bytes);
  }
  fs::remove(file());
  write_bytes(file(), "");
  sqlite::Database::open(file(), sqlite::OpenMode::read_write).execute("CREATE TABLE tracks (id)");
  EXPECT_EQ(refusal(file()), ErrorCode::not_a_mirror);
}

TEST_F(MirrorFile, ANewerFormatIsRefused) {
  tamper("PRAGMA user_version = 1000");
  const std::string before = bytes_of(file("music.db"));
  EXPECT_EQ(refusal(file("music.db")), ErrorCode::format_too_new);
  EXPECT_EQ(refusal(file("music.db"), {.read_only = true}), ErrorCode::format_too_new);
  EXPECT_EQ(bytes_of(file("music.db")), before);
}

TEST_F(MirrorFile, LinksAndOtherThingsAreRefused) {
  mirror_.close();
  fs::create_symlink(file("music.db"), file());
  EXPECT_EQ(refusal(file()), ErrorCode::unsafe_file);
  fs::remove(file());
  fs::create_symlink(file("nowhere"), file());
  static_cast<void>(refusal(file()));
  EXPECT_FALSE(fs::exists(file("nowhere")));
  fs::remove(file());
  fs::create_directory(file());
  EXPECT_EQ(refusal(file()), ErrorCode::unsafe_file);
  fs::remove(file());
  ASSERT_EQ(::mkfifo(file().c_str(), 0600), 0);
  EXPECT_EQ(refusal(file()), ErrorCode::unsafe_file);
  fs::remove(file());
  fs::create_hard_link(file("music.db"), file());
  EXPECT_EQ(refusal(file("music.db")), ErrorCode::unsafe_file);
}

TEST_F(MirrorFile, AForeignOwnerIsRefused) {
  if (::geteuid() != 0) GTEST_SKIP() << "only root can give a file away";
  mirror_.close();
  ASSERT_EQ(::chown(file("music.db").c_str(), 65534, 65534), 0);
  EXPECT_EQ(refusal(file("music.db")), ErrorCode::unsafe_file);
}

TEST_F(MirrorFile, RightsOfOthersAreTakenAway) {
  mirror_.close();
  fs::permissions(file("music.db"), fs::perms::all);
  mirror_ = Mirror::open(file("music.db"));
  EXPECT_EQ(
      fs::status(file("music.db")).permissions() & (fs::perms::group_all | fs::perms::others_all),
      fs::perms::none);
}

TEST_F(MirrorFile, IsNotMadeAgainstTheCallersWish) {
  EXPECT_EQ(refusal(file(), {.create = false}), ErrorCode::storage_failed);
  EXPECT_EQ(refusal(file(), {.read_only = true}), ErrorCode::storage_failed);
  EXPECT_EQ(refusal(""), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal(file("music.db") / "below"), ErrorCode::storage_failed);
  EXPECT_FALSE(fs::exists(file()));
}

TEST_F(MirrorFile, ReadOnlyItAnswersAndRecordsNothing) {
  mirror_.artists().add({.id = "a1"});
  const Mirror reader = Mirror::open(file("music.db"), {.read_only = true});
  EXPECT_TRUE(reader.artists().find("a1"));
  EXPECT_THROW(reader.artists().add({.id = "a2"}), StorageError);
  EXPECT_THROW(static_cast<void>(reader.retry()), StorageError);
  mirror_.artists().add({.id = "a2"});
  EXPECT_TRUE(reader.artists().find("a2"));
}

TEST_F(MirrorFile, EveryCallOnAClosedOneSaysSo) {
  const Artists artists = mirror_.artists();
  mirror_.close();
  mirror_.close();
  for (const auto& call : std::vector<std::function<void()>>{
           [&] { static_cast<void>(artists.count()); }, [&] { artists.add({.id = "a1"}); },
           [&] { static_cast<void>(mirror_.status()); },
           [&] { static_cast<void>(mirror_.sql("SELECT 1")); }}) {
    try {
      call();
      ADD_FAILURE() << "a closed mirror answered";
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::closed);
    }
  }
}

TEST_F(MirrorFile, AHandleThatWasMovedIsStillOne) {
  Plays plays = mirror_.plays();
  Stats stats = mirror_.stats();
  const Plays moved = std::move(plays);
  const Stats moved_stats = std::move(stats);
  EXPECT_EQ(plays.count(), moved.count());                      // NOLINT(bugprone-use-after-move)
  EXPECT_EQ(stats.totals().plays, moved_stats.totals().plays);  // NOLINT(bugprone-use-after-move)
}

TEST_F(MirrorFile, ManyMayMakeItAtOnce) {
  for (int round = 0; round < 5; ++round) {
    const fs::path path = file(("at-once-" + std::to_string(round)).c_str());
    std::vector<std::jthread> threads;
    for (int thread = 0; thread < 6; ++thread) {
      threads.emplace_back([&path, thread] {
        const Mirror mirror = Mirror::open(path);
        mirror.artists().add({.id = "a" + std::to_string(thread)});
      });
    }
    threads.clear();
    EXPECT_EQ(Mirror::open(path).artists().count(), 6);
  }
}

TEST_F(MirrorFile, ProcessesRecordIntoOneFile) {
  const fs::path path = file("music.db");
  std::vector<pid_t> children;
  for (const int first : {0, 100, 200}) {
    children.push_back(start_child([&] {
      const Mirror own = Mirror::open(path);
      for (int i = first; i < first + 20; ++i) own.artists().add({.id = "a" + std::to_string(i)});
    }));
  }
  for (const pid_t child : children) EXPECT_EQ(end_of(child), 0);
  EXPECT_EQ(mirror_.artists().count(), 60);
  EXPECT_EQ(mirror_.pending().size(), 60U);
}

TEST_F(MirrorFile, MirrorsOfOneProcessDoNotKnowOfEachOther) {
  Mirror same = Mirror::open(file("music.db"));
  Mirror other = Mirror::open(file("other.db"));
  mirror_.tracks().add({.id = "t1", .name = "Jóga"});
  other.tracks().add({.id = "t1", .name = "Hunter"});
  const auto play = [](const Mirror& mirror, int minute) {
    const auto at = Timestamp::parse("2026-01-31T12:0" + std::to_string(minute) + ":00Z");
    mirror.plays().add({.track_id = "t1", .played_at = at});
  };
  const auto top = [](const Mirror& mirror) { return mirror.stats().top_tracks().at(0); };
  for (int minute = 0; minute < 5; ++minute) {
    play(minute % 2 == 0 ? mirror_ : same, minute);
    if (minute == 0) play(other, minute);
    // What each keeps in memory of its file keeps up with it, and with no other.
    EXPECT_EQ(top(mirror_).plays, minute + 1);
    EXPECT_EQ(top(same).plays, minute + 1);
    EXPECT_EQ(top(same).name, "Jóga");
    EXPECT_EQ(top(other).plays, 1);
    EXPECT_EQ(top(other).name, "Hunter");
  }
  mirror_.close();
  play(same, 7);
  EXPECT_EQ(top(same).plays, 6);
  EXPECT_EQ(same.pending().size(), 7);
  EXPECT_EQ(other.pending().size(), 2);
}

TEST_F(MirrorFile, AForkedChildMustOpenItsOwn) {
  mirror_.artists().add({.id = "a1"});
  const pid_t child = start_child([&] {
    try {
      static_cast<void>(mirror_.artists().count());
      ADD_FAILURE();
    } catch (const Error& error) {
      EXPECT_EQ(error.code(), ErrorCode::closed);
    }
    Mirror::open(file("music.db")).artists().add({.id = "a2"});
  });
  EXPECT_EQ(end_of(child), 0);
  EXPECT_EQ(mirror_.artists().count(), 2);
  mirror_.artists().add({.id = "a3"});
  EXPECT_TRUE(mirror_.verify().ok);
}

TEST_F(MirrorFile, ABusyOneNamesTheHolder) {
  Mirror impatient = Mirror::open(file("music.db"), {.busy_timeout = 150ms});
  // flock() belongs to the open file, so this one is as good as another process's.
  const int lock = ::open(file("music.db-lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600);
  ASSERT_EQ(::flock(lock, LOCK_EX), 0);
  ASSERT_EQ(::ftruncate(lock, 0), 0);
  ASSERT_EQ(::pwrite(lock, "4711", 4, 0), 4);
  const auto start = std::chrono::steady_clock::now();
  try {
    impatient.artists().add({.id = "a1"});
    ADD_FAILURE() << "the lock was ignored";
  } catch (const MirrorBusy& error) {
    EXPECT_NE(std::string(error.what()).find("process 4711 "), std::string::npos) << error.what();
    EXPECT_TRUE(error.retryable());
  }
  const auto waited = std::chrono::steady_clock::now() - start;
  EXPECT_GE(waited, 150ms);
  EXPECT_LT(waited, 2s);
  EXPECT_EQ(impatient.artists().count(), 0);  // readers do not wait
  ::close(lock);
  impatient.artists().add({.id = "a1"});
}

TEST_F(MirrorFile, WhoWritesAgainAndAgainLetsOthersIn) {
  // A thread of the same mirror, and one with a connection and a lock of its own, as another
  // process would have.
  const Mirror second = Mirror::open(file("music.db"));
  std::vector<std::jthread> recorders;
  for (const Mirror* mirror : std::initializer_list<const Mirror*>{&mirror_, &second}) {
    recorders.emplace_back([mirror](const std::stop_token& stop) {
      const std::string name = mirror->path().string() + std::to_string(::gettid());
      for (int i = 0; !stop.stop_requested(); ++i) {
        mirror->artists().add({.id = name + std::to_string(i)});
      }
    });
  }
  for (int i = 0; i < 20; ++i) {
    const auto start = std::chrono::steady_clock::now();
    mirror_.artists().add({.id = "a" + std::to_string(i)});
    EXPECT_LT(std::chrono::steady_clock::now() - start, 2s);
  }
}

TEST_F(MirrorFile, OneSyncAtATime) {
  const auto state = MirrorAccess::state(mirror_);
  auto second = Mirror::open(file("music.db"), {.busy_timeout = 100ms});
  {
    const auto lock = state->lock_for_sync([] {});
    int ticks = 0;
    const auto wait_for_it = [&] {
      static_cast<void>(MirrorAccess::state(second)->lock_for_sync([&] { ++ticks; }));
    };
    EXPECT_THROW(std::async(std::launch::async, wait_for_it).get(), MirrorBusy);
    EXPECT_GT(ticks, 3);
    // This thread would wait for itself.
    EXPECT_THROW(wait_for_it(), InvalidArgument);
    second.artists().add({.id = "recorded during the sync"});
  }
  const auto lock = MirrorAccess::state(second)->lock_for_sync([] {});
}

TEST_F(MirrorFile, PatienceWithoutEndWaitsAndLessThanNoneIsRefused) {
  auto second = Mirror::open(file("music.db"), {.busy_timeout = std::chrono::milliseconds::max()});
  std::future<void> waiting;
  {
    const auto lock = MirrorAccess::state(mirror_)->lock_for_sync([] {});
    waiting = std::async(std::launch::async, [&] {
      static_cast<void>(MirrorAccess::state(second)->lock_for_sync([] {}));
    });
    EXPECT_EQ(waiting.wait_for(200ms), std::future_status::timeout);
  }
  waiting.get();
  EXPECT_THROW(static_cast<void>(Mirror::open(file("music.db"), {.busy_timeout = -1ms})),
               InvalidArgument);
}

TEST_F(MirrorFile, AFailedWriteLeavesNothing) {
  const auto state = MirrorAccess::state(mirror_);
  EXPECT_THROW(state->write([](sqlite::Database& database) {
    database.execute("INSERT INTO artists (id) VALUES ('a1')");
    throw std::runtime_error("in the middle");
  }),
               std::runtime_error);
  EXPECT_EQ(mirror_.artists().count(), 0);
  mirror_.artists().add({.id = "a1"});
  EXPECT_EQ(mirror_.artists().count(), 1);
}

TEST_F(MirrorFile, AReaderKeepsItsMoment) {
  mirror_.artists().add({.id = "a1"});
  auto reader = MirrorAccess::state(mirror_)->reader();
  sqlite::Transaction moment(reader.database(), sqlite::Transaction::Kind::deferred);
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 1);
  mirror_.artists().add({.id = "a2"});
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 1);
  EXPECT_EQ(mirror_.artists().count(), 2);
}

TEST_F(MirrorFile, AFileCutShortIsToldAndLeftAlone) {
  for (int i = 0; i < 200; ++i) mirror_.artists().add({.id = "artist " + std::to_string(i)});
  mirror_.close();
  const std::string whole = bytes_of(file("music.db"));
  for (const std::size_t tenths : {1, 3, 5, 9}) {
    const std::string part = whole.substr(0, whole.size() * tenths / 10);
    write_bytes(file(), part);
    try {
      const Mirror mirror = Mirror::open(file());
      EXPECT_FALSE(mirror.verify().ok) << tenths;
    } catch (const MirrorUnusable& error) {
      EXPECT_FALSE(error.hint().empty());
    }
    EXPECT_EQ(bytes_of(file()), part) << tenths;
    for (const char* side : {"other.db", "other.db-wal", "other.db-shm"}) fs::remove(file(side));
  }
}

}  // namespace
}  // namespace playmirror
