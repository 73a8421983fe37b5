// Copies of a mirror: whole, of one moment, private, and never in the place of another file.

#include "core/sqlite/database.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <filesystem>
#include <fstream>
#include <stdexcept>
#include <stop_token>
#include <string>
#include <vector>

namespace playmirror {
namespace {

namespace fs = std::filesystem;

class Copy : public QueryTest {
 protected:
  [[nodiscard]] fs::path file(const char* name = "copy.db") const { return directory_ / name; }

  template <typename Call>
  static ErrorCode refusal(Call call) {
    try {
      call();
      ADD_FAILURE() << "nothing was refused";
      return ErrorCode::internal;
    } catch (const Error& error) {
      EXPECT_TRUE(error.code() == ErrorCode::cancelled || !error.hint().empty()) << error.what();
      return error.code();
    }
  }

  /// Names of the directory that are neither the mirror's nor the copy's.
  [[nodiscard]] std::vector<std::string> leftovers() const {
    std::vector<std::string> names;
    for (const auto& entry : fs::directory_iterator(directory_)) {
      const std::string name = entry.path().filename().string();
      if (name.find("partial") != std::string::npos) names.push_back(name);
    }
    return names;
  }
};

TEST_F(Copy, IsAFullMirrorOfItsMoment) {
  mirror_.artists().add({.id = "a", .name = "Artist"});
  mirror_.copy_to(file());
  mirror_.artists().add({.id = "b", .name = "Later"});
  EXPECT_EQ(fs::status(file()).permissions(), fs::perms::owner_read | fs::perms::owner_write);
  auto copy = Mirror::open(file());
  EXPECT_TRUE(copy.verify().ok);
  EXPECT_EQ(copy.artists().count(), mirror_.artists().count() - 1);
  EXPECT_EQ(copy.pending().size() + 1, mirror_.pending().size());
  copy.artists().add({.id = "c", .name = "In the copy"});
  EXPECT_FALSE(mirror_.artists().find("c"));
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(Copy, NeverReplacesAFileUnasked) {
  std::ofstream(file()) << "a shopping list";
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file()); }), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal([&] { mirror_.copy_to(mirror_.path()); }), ErrorCode::invalid_argument);
  EXPECT_EQ(refusal([&] { mirror_.copy_to(mirror_.path(), {.overwrite = true}); }),
            ErrorCode::invalid_argument);
  std::ofstream(file("other.db-wal")) << "a log without its file";
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file("other.db")); }), ErrorCode::invalid_argument);
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(Copy, ReplacesOnlyAMirrorThatNobodyHasOpen) {
  mirror_.copy_to(file());
  mirror_.artists().add({.id = "new", .name = "New"});
  {
    const auto user = Mirror::open(file());
    EXPECT_EQ(refusal([&] { mirror_.copy_to(file(), {.overwrite = true}); }), ErrorCode::busy);
    EXPECT_FALSE(user.artists().find("new"));
  }
  {  // leaves a log behind that must not be taken for the new copy's
    auto database = sqlite::Database::open(file(), sqlite::OpenMode::read_write);
    database.execute("UPDATE playmirror_meta SET value = value");
  }
  mirror_.copy_to(file(), {.overwrite = true});
  EXPECT_TRUE(Mirror::open(file()).artists().find("new"));
  EXPECT_TRUE(Mirror::open(file()).verify().ok);

  std::ofstream(file("list.txt")) << std::string(4096, 'x');
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file("list.txt"), {.overwrite = true}); }),
            ErrorCode::not_a_mirror);
  fs::create_symlink(file(), file("link.db"));
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file("link.db"), {.overwrite = true}); }),
            ErrorCode::unsafe_file);
  auto foreign = file("foreign.db");
  std::ofstream(foreign).close();
  sqlite::Database::open(foreign, sqlite::OpenMode::read_write).execute("CREATE TABLE t (x)");
  EXPECT_EQ(refusal([&] { mirror_.copy_to(foreign, {.overwrite = true}); }),
            ErrorCode::not_a_mirror);
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(Copy, LeavesNothingWhenItIsStopped) {
  std::stop_source source;
  source.request_stop();
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file(), {}, {.stop = source.get_token()}); }),
            ErrorCode::cancelled);
  struct Enough {};
  EXPECT_THROW(mirror_.copy_to(file(), {}, {.on_tick = [] { throw Enough(); }}), Enough);
  EXPECT_FALSE(fs::exists(file()));
  EXPECT_TRUE(leftovers().empty());
}

TEST_F(Copy, TellsHowFarItIs) {
  std::vector<Progress> told;
  mirror_.copy_to(file(), {}, {.on_progress = [&](const Progress& now) { told.push_back(now); }});
  ASSERT_FALSE(told.empty());
  EXPECT_EQ(told.back().phase, "copy");
  EXPECT_EQ(told.back().rows, told.back().rows_total);
}

TEST_F(Copy, NeedsAnOpenMirrorAndADirectoryThatCanBeWrittenTo) {
  EXPECT_EQ(refusal([&] { mirror_.copy_to("/proc/nowhere/copy.db"); }), ErrorCode::storage_failed);
  mirror_.close();
  EXPECT_EQ(refusal([&] { mirror_.copy_to(file()); }), ErrorCode::closed);
}

}  // namespace
}  // namespace playmirror
