// Loading without the log: into the file, as long as nobody else has it open.

#include "core/mirror/state.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <filesystem>
#include <gtest/gtest.h>
#include <memory>
#include <optional>
#include <stdexcept>
#include <string>
#include <sys/wait.h>
#include <unistd.h>

namespace playmirror {
namespace {

namespace fs = std::filesystem;

class Unlogged : public QueryTest {
 protected:
  [[nodiscard]] fs::path path(const char* suffix = "") const {
    return directory_ / (std::string("loaded.db") + suffix);
  }

  [[nodiscard]] std::shared_ptr<MirrorState> open(bool read_only = false) const {
    MirrorOptions options;
    options.read_only = read_only;
    return MirrorState::open(path(), options);
  }

  static void add_artist(MirrorState& state, const std::string& id) {
    state.write(
        [&](sqlite::Database& database) {
          database.prepare("INSERT INTO artists (id, name) VALUES (?, ?)").bind_all(id, id).run();
        },
        {}, MirrorState::Durability::later);
  }

  static std::int64_t artists(MirrorState& state) {
    return state.reader()->query_int("SELECT count(*) FROM artists");
  }

  [[nodiscard]] bool has_log() const { return fs::exists(path("-wal")); }

  static bool file_has_log(MirrorState& state) {
    const auto reader = state.reader();
    // A connection learns of a change when it reads.
    static_cast<void>(reader->query_int("SELECT count(*) FROM artists"));
    return reader->has_log();
  }
};

TEST_F(Unlogged, WritesIntoTheFileAndLeavesALogBehind) {
  const auto state = open();
  {
    const MirrorState::Unlogged unlogged(*state);
    add_artist(*state, "a");
    add_artist(*state, "b");
    EXPECT_FALSE(has_log());
  }
  EXPECT_TRUE(file_has_log(*state));
  EXPECT_FALSE(fs::exists(path("-journal")));
  EXPECT_EQ(artists(*state), 2);
}

TEST_F(Unlogged, NeitherReadersNorTheWatchOfTheSameMirrorKeepItFromThat) {
  const auto state = open();
  EXPECT_EQ(artists(*state), 0);
  const auto before = state->mark();
  {
    const MirrorState::Unlogged unlogged(*state);
    add_artist(*state, "a");
    EXPECT_FALSE(has_log());
  }
  EXPECT_NE(state->mark(), before);
}

TEST_F(Unlogged, ATransactionThatFailsLeavesNothing) {
  const auto state = open();
  const MirrorState::Unlogged unlogged(*state);
  add_artist(*state, "a");
  EXPECT_ANY_THROW(state->write([](sqlite::Database& database) {
    database.execute("INSERT INTO artists (id, name) VALUES ('b', 'b')");
    throw std::runtime_error("no");
  }));
  EXPECT_EQ(artists(*state), 1);
}

TEST_F(Unlogged, AReaderOfTheSameProcessBringsTheLogBack) {
  const auto state = open();
  const MirrorState::Unlogged unlogged(*state);
  add_artist(*state, "a");
  const auto reader = state->reader();
  EXPECT_TRUE(reader->has_log());
  const sqlite::Transaction moment(reader.database(), sqlite::Transaction::Kind::deferred);
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 1);
  add_artist(*state, "b");  // which the open reader does not hold up
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 1);
  EXPECT_EQ(artists(*state), 2);
}

TEST_F(Unlogged, WhoeverOpensTheFileBringsTheLogBack) {
  const auto state = open();
  const MirrorState::Unlogged unlogged(*state);
  add_artist(*state, "a");
  const auto other = open();
  EXPECT_TRUE(file_has_log(*other));
  const auto reader = other->reader();
  const sqlite::Transaction moment(reader.database(), sqlite::Transaction::Kind::deferred);
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 1);
  add_artist(*state, "b");
  add_artist(*other, "c");
  EXPECT_EQ(artists(*other), 3);
  EXPECT_EQ(artists(*state), 3);
}

TEST_F(Unlogged, KeepsTheLogOfAFileThatSomebodyHasOpen) {
  const auto state = open();
  const auto other = open();
  const auto reader = other->reader();
  EXPECT_EQ(reader->query_int("SELECT count(*) FROM artists"), 0);
  const MirrorState::Unlogged unlogged(*state);
  add_artist(*state, "a");
  EXPECT_TRUE(has_log());
  EXPECT_EQ(artists(*other), 1);
}

TEST_F(Unlogged, WhoReadsWhileWaitingToWriteDoesNotWaitForItself) {
  const auto state = open();
  const MirrorState::Unlogged unlogged(*state);
  add_artist(*state, "a");
  auto lock = std::make_optional(
      files::FileLock::acquire(path("-lock"), std::chrono::seconds(1), "writing to"));
  std::int64_t seen = -1;
  state->write([](sqlite::Database&) {},
               [&] {
                 if (seen < 0) seen = artists(*state);
                 lock.reset();
               });
  EXPECT_EQ(seen, 1);
}

TEST_F(Unlogged, AnotherToolThatReadsHoldsUpNoReader) {
  const auto state = open();
  std::optional<MirrorState::Unlogged> unlogged(*state);
  add_artist(*state, "a");
  auto tool = std::make_optional(sqlite::Database::open(path(), sqlite::OpenMode::read_only));
  std::optional<sqlite::Statement> reading = tool->prepare("SELECT id FROM artists");
  ASSERT_TRUE(reading->step());
  EXPECT_EQ(artists(*state), 1);
  unlogged.reset();
  EXPECT_EQ(artists(*state), 1);
  reading.reset();
  tool.reset();
  EXPECT_TRUE(file_has_log(*state));
}

TEST_F(Unlogged, AClosedMirrorHasItsLogAgain) {
  auto state = open();
  {
    const MirrorState::Unlogged unlogged(*state);
    add_artist(*state, "a");
    state->close();
  }
  EXPECT_TRUE(file_has_log(*open(true)));
}

/// A process that dies in the middle of a transaction.
class UnloggedAndKilled : public Unlogged {
 protected:
  void SetUp() override {
    Unlogged::SetUp();
    const auto child = ::fork();
    if (child == 0) die();
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_GT(fs::file_size(path("-journal")), 0);
    ASSERT_GT(fs::file_size(path()), 8 << 20);
  }

 private:
  [[noreturn]] void die() const {
    const auto state = open();
    const MirrorState::Unlogged unlogged(*state);
    add_artist(*state, "a");
    state->write([](sqlite::Database& database) {
      // More than fits into memory, so that some of it is in the file already.
      auto insert = database.prepare("INSERT INTO artists (id, name) VALUES (?, ?)");
      const std::string name(4'000, 'x');
      for (int i = 0; i < 8'000; ++i) insert.bind_all(std::to_string(i), name).run();
      ::_exit(0);
    });
    ::_exit(1);
  }
};

TEST_F(UnloggedAndKilled, WhoWritesUndoesIt) {
  const auto state = open();
  EXPECT_TRUE(file_has_log(*state));
  EXPECT_FALSE(fs::exists(path("-journal")));
  EXPECT_EQ(artists(*state), 1);
}

TEST_F(UnloggedAndKilled, WhoOnlyReadsIsToldWhatToDo) {
  try {
    static_cast<void>(open(true));
    ADD_FAILURE() << "what must be undone first was read";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::not_a_mirror);
    EXPECT_NE(std::string(error.hint()).find("without read_only"), std::string::npos);
  }
}

TEST_F(UnloggedAndKilled, ARenewalLeavesNoJournalBesideTheNewFile) {
  const SalvageReport report = MirrorState::salvage(path());
  EXPECT_TRUE(report.lost.empty());
  EXPECT_FALSE(fs::exists(path("-journal")));
  EXPECT_EQ(artists(*open()), 0);
  EXPECT_EQ(sqlite::Database::open(report.set_aside.value(), sqlite::OpenMode::read_only)
                .query_int("SELECT count(*) FROM artists"),
            1);
}

}  // namespace
}  // namespace playmirror
