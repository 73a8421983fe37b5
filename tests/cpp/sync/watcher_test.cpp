// Watching in C++: small, so that the sanitizers see the threads. What a watcher does in every kind
// of trouble is tried in tests/python/test_watcher.py.

#include "tests/cpp/support/database.hpp"

#include <playmirror/playmirror.hpp>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <cstdlib>
#include <filesystem>
#include <mutex>
#include <optional>
#include <string>
#include <vector>

namespace playmirror {
namespace {

using namespace std::chrono_literals;

/// Every event, for the test's thread to wait for.
class Events {
 public:
  void add(const WatchEvent& event) {
    // Told under the lock: behind it, whoever waits may have taken this away.
    const std::scoped_lock guard(mutex_);
    events_.push_back(event);
    added_.notify_all();
  }

  /// The first event for which `wanted` holds; nothing after ten seconds.
  template <typename Wanted>
  std::optional<WatchEvent> find(Wanted wanted) {
    std::unique_lock guard(mutex_);
    std::optional<WatchEvent> found;
    added_.wait_for(guard, 10s, [&] {
      for (const WatchEvent& event : events_) {
        if (wanted(event)) found = event;
        if (found) return true;
      }
      return false;
    });
    return found;
  }

 private:
  std::mutex mutex_;
  std::condition_variable added_;
  std::vector<WatchEvent> events_;
};

class Watching : public test::DatabaseTest {
 protected:
  void SetUp() override {
    DatabaseTest::SetUp();
    if (IsSkipped() || HasFatalFailure()) return;
    std::string name = (std::filesystem::temp_directory_path() / "playmirror-XXXXXX").string();
    ASSERT_NE(::mkdtemp(name.data()), nullptr);
    directory_ = name;
    sql("INSERT INTO tracks (id, name) VALUES ('t1', 'One')");
    mirror_.emplace(Mirror::open(directory_ / "music.db"));
  }
  void TearDown() override {
    mirror_.reset();
    // The thread of a watcher that its own callback destroyed lets go of the mirror by itself, a
    // moment later, and settles the file's log as it does.
    for (int attempt = 0; !directory_.empty() && attempt < 500; ++attempt) {
      std::error_code error;
      std::filesystem::remove_all(directory_, error);
      if (!error) return;
      std::this_thread::sleep_for(10ms);
    }
  }

  [[nodiscard]] WatchControl reporting() {
    return {.on_event = [this](const WatchEvent& event) { events_.add(event); }};
  }

  /// A watcher whose polls alone would be too late for any of these tests.
  [[nodiscard]] Watcher watch_slowly() {
    return Watcher::start(*mirror_, dsn(), {.interval = 60s}, reporting());
  }

  void await(WatchState state) {
    EXPECT_TRUE(events_.find([&](const WatchEvent& event) { return event.state == state; }));
  }

  std::filesystem::path directory_;
  std::optional<Mirror> mirror_;
  Events events_;
};

TEST_F(Watching, BringsWhatIsThereAndPushesWhatIsRecorded) {
  Watcher watcher = watch_slowly();
  await(WatchState::current);
  EXPECT_EQ(mirror_->tracks().count(), 1);
  mirror_->plays().add({.track_id = "t1", .played_at = Timestamp::now()});
  const auto pushed = events_.find(
      [](const WatchEvent& event) { return event.report && event.report->pushed == 1; });
  ASSERT_TRUE(pushed);
  EXPECT_EQ(pushed->state, WatchState::current);
  EXPECT_EQ(mirror_->status().pending(), 0);
  watcher.stop();
  EXPECT_EQ(watcher.state(), WatchState::stopped);
  EXPECT_TRUE(watcher.wait());
}

TEST_F(Watching, PollsByItself) {
  const Watcher watcher = Watcher::start(*mirror_, dsn(), {.interval = 20ms}, reporting());
  await(WatchState::current);
  sql("INSERT INTO artists (id) VALUES ('a1')");
  EXPECT_TRUE(events_.find([](const WatchEvent& event) {
    return event.report && event.report->pulled.at("artists").inserted == 1;
  }));
}

TEST_F(Watching, ADestroyedWatcherStopsAtOnce) {
  const auto begun = std::chrono::steady_clock::now();
  {
    const Watcher watcher = watch_slowly();
    await(WatchState::current);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 5s);
  await(WatchState::stopped);
}

TEST_F(Watching, ItsCallbackMayStopOrDestroyIt) {
  std::optional<Watcher> watcher;
  std::atomic<bool> may_end = false;
  watcher.emplace(Watcher::start(*mirror_, dsn(), {.interval = 20ms},
                                 {.on_event = [&](const WatchEvent& event) {
                                   while (!may_end) std::this_thread::sleep_for(1ms);
                                   if (event.state == WatchState::current) watcher.reset();
                                   events_.add(event);
                                 }}));
  may_end = true;
  await(WatchState::stopped);
}

TEST_F(Watching, WhatACallbackThrowsComesOutOfWait) {
  Watcher watcher = Watcher::start(*mirror_, dsn(), {}, {.on_event = [](const WatchEvent& event) {
    if (event.state == WatchState::current) throw 42;
  }});
  EXPECT_THROW(watcher.wait(10s), int);
  EXPECT_EQ(watcher.state(), WatchState::stopped);
  watcher.stop();
  EXPECT_THROW(watcher.wait(), int);
}

TEST_F(Watching, WhatWaitingCannotHealEndsIt) {
  Watcher watcher =
      Watcher::start(*mirror_, dsn() + " password=x sslmode=nonsense", {}, reporting());
  EXPECT_THROW(watcher.wait(10s), InvalidArgument);
  const auto last =
      events_.find([](const WatchEvent& event) { return event.state == WatchState::stopped; });
  ASSERT_TRUE(last && last->error);
  EXPECT_EQ(last->error->code(), ErrorCode::bad_connection_options);
}

TEST_F(Watching, AClosedMirrorEndsIt) {
  Watcher watcher = Watcher::start(*mirror_, dsn(), {.interval = 20ms}, reporting());
  await(WatchState::current);
  mirror_->close();
  try {
    watcher.wait(10s);
    ADD_FAILURE() << "it goes on";
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), ErrorCode::closed);
  }
}

TEST_F(Watching, WaitsNoLongerThanAsked) {
  Watcher watcher = watch_slowly();
  EXPECT_FALSE(watcher.wait(10ms));
}

TEST_F(Watching, RefusesOptionsWithoutSense) {
  EXPECT_THROW(static_cast<void>(Watcher::start(*mirror_, dsn(), {.interval = 0ms})),
               InvalidArgument);
  EXPECT_THROW(static_cast<void>(Watcher::start(*mirror_, dsn(), {.max_backoff = -1ms})),
               InvalidArgument);
}

}  // namespace
}  // namespace playmirror
