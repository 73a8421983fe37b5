// What statistics take from running totals, against what they count play by play: a filter that
// lets every play pass, but has to look at each, asks for the same.

#include "core/columns/column_cache.hpp"
#include "tests/cpp/core/columns_fixture.hpp"

#include <playmirror/stats.hpp>

#include <random>
#include <string>
#include <vector>

namespace playmirror::columns {
namespace {

TEST(Earned, PayOnceAllPlaysHaveBeenWalked) {
  ColumnCache::Earned<int> totals;
  EXPECT_FALSE(totals.pay(40, 100));
  EXPECT_FALSE(totals.pay(59, 100));
  EXPECT_TRUE(totals.pay(1, 100));
  EXPECT_FALSE(totals.pay(99, 100));
  EXPECT_TRUE(totals.pay(100, 100));
}

class RunningSums : public ColumnsTest {
 protected:
  static StatsFilter of(std::optional<std::int64_t> since, std::optional<std::int64_t> until,
                        const std::string& tz) {
    StatsFilter filter;
    const auto at = [](std::optional<std::int64_t> micros) {
      return micros ? std::optional(Timestamp::from_unix_micros(*micros)) : std::nullopt;
    };
    filter.period = playmirror::Period::between(at(since), at(until));
    filter.tz = tz;
    return filter;
  }

  void expect_same(const StatsFilter& filter) const {
    StatsFilter looks_at_each = filter;
    looks_at_each.min_listened_ms = 0;
    looks_at_each.null_listened = NullListened::keep;
    const Stats stats = mirror_.stats();
    const auto same = [&](auto&& ask) { EXPECT_TRUE(ask(filter) == ask(looks_at_each)); };
    same([&](const StatsFilter& each) { return stats.heatmap(each); });
    same([&](const StatsFilter& each) { return stats.clock(each); });
    same([&](const StatsFilter& each) { return stats.skips(each, SkipGroup::hour); });
    same([&](const StatsFilter& each) { return stats.completion(each); });
    same([&](const StatsFilter& each) { return stats.streaks(each); });
    same([&](const StatsFilter& each) { return stats.totals(each); });
    same([&](const StatsFilter& each) { return stats.eras(each); });
    same([&](const StatsFilter& each) { return stats.eras(each, EraUnit::year); });
    same([&](const StatsFilter& each) { return stats.top_tracks(each); });
  }

  void expect_same() {
    // The last is the first of the next call: what is kept of it meets what has changed.
    // In Beirut, clocks went back to the day before on 25 October 2020.
    for (const char* tz : {"UTC", "Asia/Beirut", "Asia/Kathmandu", "UTC"}) {
      expect_same(of({}, {}, tz));
      const std::int64_t since = kStart + between(0, 9'000'000) * kSecond;
      expect_same(of(since, since + between(0, 9'000'000) * kSecond, tz));
      StatsFilter measured = of(since, {}, tz);
      measured.time_basis = TimeBasis::measured_only;
      expect_same(measured);
    }
    // To whom records of 2100 and of 2500 are not out yet, or are.
    for (const char* now : {"1790-01-01T00:00:00Z", "2150-01-01T00:00:00Z", "2198-06-01T00:00:00Z",
                            "2600-01-01T00:00:00Z"}) {
      StatsFilter later = of(kStart + 86'400 * kSecond, {}, "UTC");
      later.now = Timestamp::parse(now);
      expect_same(later);
    }
  }

  std::int64_t between(std::int64_t low, std::int64_t high) {
    return low + static_cast<std::int64_t>(random_() % static_cast<std::uint64_t>(high - low));
  }

  std::mt19937_64 random_ = std::mt19937_64(20'261'201);
};

TEST_F(RunningSums, AreThoseOfThePlays) {
  execute(
      "INSERT INTO tracks (id, name, artist, duration_ms) VALUES ('t5', 'One', 'A', 200000)"
      ", ('t10', 'Two', 'B', 90000), ('t15', 'Three', 'C', NULL)");
  int number = 20;
  for (const char* released : {"0000", "1799", "1800-02-30", "1984", "1985-07", "2020-10-25",
                               "2100", "2199", "2200", "2500", "someday"}) {
    execute("INSERT INTO tracks (id, name, artist, duration_ms, raw_data) VALUES ('t" +
            std::to_string(number++) + R"(', 'One', 'A', 100000, '{"album": {"release_date": ")" +
            released + "\"}}')");
  }
  add_plays(1, 70'000);
  expect_same();

  // Plays at both ends go, so that those left lie on fewer days than the blocks know of.
  execute("DELETE FROM play_history WHERE id < 5000 OR id > 66000");
  expect_same();
  for (int round = 0; round < 5; ++round) {
    for (int change = 0; change < 200; ++change) {
      const std::string id = std::to_string(between(1, 70'000));
      execute(change % 2 == 0
                  ? "DELETE FROM play_history WHERE id = " + id
                  : "UPDATE OR IGNORE play_history SET played_at = '" +
                        text_of(kStart + between(0, 9'000'000) * kSecond) + "' WHERE id = " + id);
    }
    expect_same();
  }

  // Another length of a track, another year, and plays on days that had none.
  execute("UPDATE tracks SET duration_ms = 150000 WHERE id = 't10'");
  expect_same();
  execute("UPDATE tracks SET raw_data = replace(raw_data, '1984', '1948')");
  expect_same();
  add_plays(100'000, 101'000);
  expect_same();
  add_plays(150'000, 151'000);
  expect_same();
  // One before all others, which no block has.
  execute("INSERT INTO play_history (id, track_id, played_at) VALUES (200000, 't1', '" +
          text_of(kStart - 30 * 86'400 * kSecond) + "')");
  expect_same();
}

TEST_F(RunningSums, DoWithoutWhatIsNoSongAndNoDay) {
  execute(
      "INSERT INTO tracks (id, name, artist, duration_ms) VALUES ('t5', 'One', 'A', 200000)"
      ", ('t10', 'Two', 'B', 5000000000)");
  add_plays(1, 2'000);
  expect_same();
  execute("UPDATE play_history SET listened_ms = 7000000000 WHERE id = 500");
  expect_same();
  execute("UPDATE play_history SET listened_ms = 9223372036854775807 WHERE id IN (510, 511)");
  expect_same();
  // Further apart than a lifetime; beyond the calendar; and at no time.
  execute(
      "INSERT INTO play_history (id, track_id, played_at) VALUES (9001, 't1', "
      "'0003-01-01 00:00:00'), (9002, 't1', '9998-12-31 23:00:00'), (9003, 't1', 'infinity')"
      ", (9004, 't1', '-infinity'), (9005, 't1', NULL), (9006, 't1', '20000-01-01 00:00:00')");
  expect_same();
  add_plays(2'001, 4'000);
  expect_same();
}

}  // namespace
}  // namespace playmirror::columns
