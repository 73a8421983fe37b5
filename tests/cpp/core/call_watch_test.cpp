// What a caller of a long call hears: steps, and a log that no server can flood or bend.

#include "core/call_watch.hpp"

#include <gtest/gtest.h>
#include <string>
#include <vector>

namespace playmirror {
namespace {

class Listener {
 public:
  Listener() {
    control_.on_log = [this](const LogRecord& record) { records_.push_back(record); };
  }
  [[nodiscard]] const CallControl& control() const { return control_; }
  [[nodiscard]] const std::vector<LogRecord>& records() const { return records_; }

 private:
  std::vector<LogRecord> records_;
  CallControl control_;
};

TEST(CallWatch, LogsEachStepOnce) {
  const Listener listener;
  CallWatch watch(listener.control());
  for (int rows = 0; rows < 3; ++rows)
    watch.progress({.phase = "pull", .table = "t", .rows = rows});
  watch.progress({.phase = "apply"});
  ASSERT_EQ(listener.records().size(), 2U);
  EXPECT_EQ(listener.records()[0].message, "pull of t");
  EXPECT_EQ(listener.records()[0].level, LogLevel::debug);
  EXPECT_EQ(listener.records()[1].message, "apply");
}

TEST(CallWatch, LogsOneCleanLine) {
  const Listener listener;
  CallWatch watch(listener.control());
  watch.log(LogLevel::warning, "a\x1b[2J\nb\xff" + std::string(5'000, 'x'));
  ASSERT_EQ(listener.records().size(), 1U);
  const std::string& message = listener.records()[0].message;
  EXPECT_EQ(message.substr(0, 9), "a [2J b?x");
  EXPECT_LE(message.size(), 1'000U);
}

TEST(CallWatch, LogsAtMostAThousandTimes) {
  const Listener listener;
  CallWatch watch(listener.control());
  for (int i = 0; i < 5'000; ++i) watch.log(LogLevel::warning, "again");
  ASSERT_EQ(listener.records().size(), 1'000U);
  EXPECT_EQ(listener.records()[998].message, "again");
  EXPECT_EQ(listener.records()[999].message, "this call has more to tell than is logged");
}

TEST(CallWatch, NeedsNoListener) {
  const CallControl control;
  CallWatch watch(control);
  watch.log(LogLevel::error, "unheard");
  watch.progress({.phase = "pull"});
}

}  // namespace
}  // namespace playmirror
