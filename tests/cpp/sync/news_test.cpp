// A watcher hears at once of what is recorded, whoever records it.

#include "sync/watch/news.hpp"

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <chrono>
#include <functional>
#include <thread>

namespace playmirror::sync {
namespace {

using namespace std::chrono_literals;
using Clock = std::chrono::steady_clock;

class NewsTest : public QueryTest {
 protected:
  NewsTest() { execute("INSERT INTO tracks (id, name) VALUES ('t', 'a song')"); }

  /// How long an eager rest of ten seconds lasts while another thread does `work`, on a file that
  /// it opens for itself as another process would.
  Clock::duration rest_while(const std::function<void(Mirror&)>& work) {
    const auto begin = Clock::now();
    std::jthread other([&] {
      std::this_thread::sleep_for(50ms);
      Mirror own = Mirror::open(directory_ / "music.db");
      work(own);
    });
    news_.rest(10s, true, {});
    return Clock::now() - begin;
  }

  static void record(Mirror& mirror) { static_cast<void>(mirror.plays().add({.track_id = "t"})); }

  News news_{*MirrorAccess::state(mirror_)};
};

TEST_F(NewsTest, APlayOfAnotherProcessEndsTheRest) {
  EXPECT_LT(rest_while(record), 5s);
  EXPECT_TRUE(news_.recorded().to_send);
}

TEST_F(NewsTest, SoItDoesInAFileThatWasRenewed) {
  news_.rest(1ms, false, {});
  static_cast<void>(MirrorAccess::state(mirror_)->renew({}));
  execute("INSERT INTO tracks (id, name) VALUES ('t', 'a song')");
  EXPECT_LT(rest_while(record), 5s);
}

TEST_F(NewsTest, ClosingTheMirrorEndsTheRest) {
  const auto begin = Clock::now();
  std::jthread other([&] {
    std::this_thread::sleep_for(50ms);
    mirror_.close();
  });
  EXPECT_THROW(news_.rest(10s, false, {}), Error);
  EXPECT_LT(Clock::now() - begin, 5s);
}

}  // namespace
}  // namespace playmirror::sync
