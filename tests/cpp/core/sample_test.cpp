// A made-up library: the same everywhere, sound, and gone when it was stopped.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <filesystem>
#include <stop_token>

namespace playmirror {
namespace {

class Sample : public QueryTest {
 protected:
  [[nodiscard]] std::filesystem::path file() const { return directory_ / "sample.db"; }
};

TEST_F(Sample, IsAMirrorLikeAnyOther) {
  const auto sample = Mirror::make_sample(file(), {.plays = 500});
  EXPECT_EQ(sample.plays().count(), 500);
  EXPECT_EQ(sample.stats().totals().plays, 500);
  EXPECT_TRUE(sample.verify().ok);
  EXPECT_TRUE(sample.status().complete);
  EXPECT_TRUE(sample.pending().empty());
}

TEST_F(Sample, TakesNoFileThatIsThere) {
  EXPECT_THROW(static_cast<void>(Mirror::make_sample(mirror_.path())), InvalidArgument);
  EXPECT_THROW(static_cast<void>(Mirror::make_sample(file(), {.plays = 0})), InvalidArgument);
  EXPECT_FALSE(std::filesystem::exists(file()));
}

TEST_F(Sample, LeavesNothingWhenItIsStopped) {
  std::stop_source source;
  const CallControl control{.on_progress =
                                [&](const Progress& now) {
                                  if (now.table == "play_history") source.request_stop();
                                },
                            .stop = source.get_token()};
  EXPECT_THROW(static_cast<void>(Mirror::make_sample(file(), {.plays = 1'000}, control)),
               Cancelled);
  for (const auto& entry : std::filesystem::directory_iterator(directory_)) {
    EXPECT_EQ(entry.path().filename().string().find("sample"), std::string::npos) << entry.path();
  }
}

}  // namespace
}  // namespace playmirror
