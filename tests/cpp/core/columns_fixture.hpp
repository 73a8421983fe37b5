// Plays written by SQL, and every way of reading the columns compared with the rows.
#pragma once

#include "core/columns/block_store.hpp"
#include "core/columns/check.hpp"
#include "core/columns/play_columns.hpp"
#include "core/columns/sealing.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/timestamp.hpp>

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <ostream>
#include <span>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::columns {

inline constexpr std::int64_t kSecond = 1'000'000;
inline constexpr std::int64_t kStart = 1'600'000'000 * kSecond;

/// One play, by its texts.
struct Listening {
  std::int64_t id = 0;
  std::int64_t played_at = 0;
  std::string track = {};  ///< "-" for NULL, here and below
  std::optional<std::int64_t> listened_ms = {};
  int skipped = 0;
  std::string source = {};
  std::string context = {};

  friend bool operator==(const Listening&, const Listening&) = default;
};

inline std::ostream& operator<<(std::ostream& out, const Listening& play) {
  return out << play.id << " at " << play.played_at << ' ' << play.track << ' '
             << play.listened_ms.value_or(-7) << ' ' << play.skipped << ' ' << play.source << ' '
             << play.context;
}

/// Plays by whether they were skipped; `turn` says which bin stands for what.
class SkipBins final : public Bins {
 public:
  explicit SkipBins(int turn) : turn_(turn) {}

  [[nodiscard]] std::size_t size() const noexcept override { return 3; }
  [[nodiscard]] Column columns() const noexcept override { return Column::skipped; }
  void add(const Batch& batch, std::span<std::uint64_t> counts) const override {
    for (const std::int8_t skipped : batch.skipped) ++counts[bin_of(skipped)];
  }
  [[nodiscard]] bool continue_with(const Bins& earlier) const override {
    return dynamic_cast<const SkipBins&>(earlier).turn_ == turn_;
  }
  [[nodiscard]] std::size_t bin_of(int skipped) const {
    return static_cast<std::size_t>(skipped - kSkipUnknown + turn_) % 3;
  }

 private:
  int turn_;
};

class ColumnsTest : public QueryTest {
 protected:
  [[nodiscard]] MirrorState& state() const { return *MirrorAccess::state(mirror_); }
  [[nodiscard]] PlayColumns read() const { return PlayColumns::read(state()); }

  static std::string text_of(std::int64_t played_at) {
    return Timestamp::from_unix_micros(played_at).to_postgres_string();
  }

  /// Plays `first` to `last`, one a minute, of `tracks` tracks.
  void add_plays(int first, int last, int tracks = 50) {
    execute("WITH RECURSIVE n (i) AS (VALUES (" + std::to_string(first) +
            ") UNION ALL SELECT i + 1 FROM n WHERE i < " + std::to_string(last) +
            ") INSERT INTO play_history (id, track_id, played_at, context_uri, listened_ms, "
            "skipped, source) SELECT i, 't' || (i * 7919 % " +
            std::to_string(tracks) +
            "), strftime('%Y-%m-%d %H:%M:%S', 1600000000 + i * 60, 'unixepoch'), "
            "iif(i % 3, 'c' || i % 11, NULL), iif(i % 5, i * 37 % 300000, NULL), "
            "CASE i % 4 WHEN 0 THEN NULL WHEN 1 THEN 1 ELSE 0 END, "
            "iif(i % 7, 'import', 'poll') FROM n");
  }

  /// What the rows hold, in the order of the columns.
  [[nodiscard]] std::vector<Listening> rows(const Period& period) const {
    auto reader = state().reader();
    auto row = reader->prepare(
        "SELECT id, played_at, track_id, listened_ms, skipped, source, context_uri "
        "FROM play_history");
    const auto text = [&](int column) {
      return row.is_null(column) ? std::string("-") : std::string(row.text(column));
    };
    std::vector<Listening> plays;
    while (row.step()) {
      Listening play{row.integer(0), kNoTime, text(2), {}, kSkipUnknown, text(5), text(6)};
      if (!row.is_null(1)) {
        const Timestamp time = Timestamp::parse_postgres(row.text(1));
        play.played_at = time.is_finite()                ? time.unix_micros()
                         : time == Timestamp::infinity() ? kInfinity
                                                         : kNegativeInfinity;
      }
      if (!row.is_null(3)) play.listened_ms = row.integer(3);
      if (!row.is_null(4)) play.skipped = static_cast<int>(row.integer(4));
      // As SQL compares: nothing lies on either side of NULL.
      if (play.played_at == kNoTime && (period.since || period.until)) continue;
      if (period.since && play.played_at < *period.since) continue;
      if (period.until && play.played_at >= *period.until) continue;
      plays.push_back(std::move(play));
    }
    std::ranges::sort(plays, {},
                      [](const Listening& play) { return std::pair(play.played_at, play.id); });
    return plays;
  }

  static void append(const PlayColumns& columns, const Batch& batch, std::vector<Listening>& to) {
    const auto text = [](const TextDictionary& texts, std::uint32_t code) {
      return code == kNone ? std::string("-") : std::string(texts[code].id);
    };
    for (std::size_t i = 0; i < batch.size; ++i) {
      const std::uint32_t track = batch.track[i];
      to.push_back({batch.id[i], batch.played_at[i],
                    track == kNone ? "-" : std::string(columns.tracks()[track].id),
                    batch.listened(i), batch.skipped[i], text(columns.sources(), batch.source[i]),
                    text(columns.contexts(), batch.context[i])});
    }
  }

  static TrackSums sums_of(const Listening& play) {
    const std::int64_t listened = play.listened_ms.value_or(-1);
    const bool is_wide = listened > std::numeric_limits<std::int32_t>::max() ||
                         listened <= std::numeric_limits<std::int32_t>::min() + 1;
    const bool is_known = listened >= 0 && !is_wide;
    return {.measured_ms = is_known ? static_cast<std::uint64_t>(listened) : 0,
            .plays = 1,
            .measured = is_known ? 1U : 0U,
            .skips = play.skipped == kSkipped ? 1U : 0U,
            .wide = is_wide ? 1U : 0U};
  }

  /// Compares every way of reading the columns with the rows.
  void expect_equal(const Period& period) const {
    const std::vector<Listening> expected = rows(period);
    const PlayColumns columns = read();
    EXPECT_EQ(columns.count(period), expected.size());

    std::vector<Listening> scanned;
    columns.scan(period, Column::all, [&](const Batch& batch) {
      EXPECT_GT(batch.size, 0U);
      append(columns, batch, scanned);
      return true;
    });
    ASSERT_EQ(scanned.size(), expected.size());
    const auto differing = std::ranges::mismatch(scanned, expected);
    if (differing.in1 != scanned.end()) {
      ADD_FAILURE() << *differing.in1 << " instead of " << *differing.in2;
    }

    std::vector<std::vector<Listening>> back;
    columns.scan_back(period, Column::all, [&](const Batch& batch) {
      append(columns, batch, back.emplace_back());
      return true;
    });
    std::vector<Listening> turned;
    for (auto part = back.rbegin(); part != back.rend(); ++part) {
      turned.insert(turned.end(), part->begin(), part->end());
    }
    EXPECT_TRUE(turned == scanned);

    for (const int turn : {0, 1, 1}) {
      const auto bins = std::make_shared<SkipBins>(turn);
      std::vector<std::uint64_t> binned(bins->size());
      for (const Listening& play : expected) ++binned[bins->bin_of(play.skipped)];
      EXPECT_EQ(columns.binned(period, bins), binned);
    }
    expect_ids(period, expected);

    std::map<std::string, TrackSums> summed;
    for (const Listening& play : expected) summed[play.track] += sums_of(play);
    const auto counts = *columns.track_counts(period);
    const auto sums = columns.track_sums(period);
    ASSERT_EQ(counts.size(), columns.track_codes());
    EXPECT_EQ(std::ranges::count_if(counts, [](std::uint32_t count) { return count != 0; }),
              std::ssize(sums));
    for (const auto& [code, sum] : sums) {
      ASSERT_LT(code, counts.size());
      EXPECT_EQ(counts[code], sum.plays);
      const std::string id = code == kNone ? "-" : std::string(columns.tracks()[code].id);
      EXPECT_EQ(sum, summed[id]) << id;
      summed.erase(id);
    }
    EXPECT_TRUE(summed.empty());
    for (const std::size_t n : {1, 3, 1'000}) expect_most_played(columns, period, n);
  }

  /// Those of the tracks that are not played less than the n-th.
  static void expect_most_played(const PlayColumns& columns, const Period& period, std::size_t n) {
    using Plays = std::vector<std::pair<std::uint32_t, std::uint32_t>>;  // of each track
    const auto counts = *columns.track_counts(period);
    std::vector<std::uint32_t> falling(counts.begin() + 1, counts.end());
    std::ranges::sort(falling, std::greater());
    const std::uint32_t least = n <= falling.size() ? std::max(falling[n - 1], 1U) : 1;
    Plays expected;
    for (std::uint32_t track = 1; track < counts.size(); ++track) {
      if (counts[track] >= least) expected.emplace_back(track, counts[track]);
    }
    Plays found;
    for (const auto& [track, plays] : columns.most_played(period, n)) {
      found.emplace_back(track, plays);
    }
    std::ranges::sort(found);
    EXPECT_EQ(found, expected) << n;
  }

  /// The ids of single plays: all from the unpacked column, and few from the packed one.
  void expect_ids(const Period& period, const std::vector<Listening>& expected) const {
    // With a memory that has nothing unpacked yet.
    const PlayColumns columns = read().from_rows() ? read() : PlayColumns::read_anew(state());
    for (const std::size_t step : {std::size_t{101}, std::size_t{1}, std::size_t{103}}) {
      std::vector<Place> places;
      std::vector<std::int64_t> wanted;
      std::size_t passed = 0;
      columns.scan(period, Column::none, [&](const Batch& batch) {
        for (std::size_t row = 0; row < batch.size; ++row, ++passed) {
          if (passed % step != 0) continue;
          places.push_back(batch.place(row));
          wanted.push_back(expected[passed].id);
        }
        return true;
      });
      EXPECT_EQ(columns.ids(places), wanted);
    }
  }

  void expect_equal() const {
    expect_equal({});
    expect_equal(Period::finite());
    EXPECT_TRUE(problems().empty()) << problems().front().where << ": " << problems().front().what;
  }

  [[nodiscard]] std::vector<FileProblem> problems() const {
    const CallControl control;
    CallWatch watch(control);
    return check(state(), watch);
  }

  [[nodiscard]] std::vector<BlockInfo> blocks() const {
    return read_blocks(state().reader().database());
  }
  [[nodiscard]] std::int64_t number(const std::string& sql) const {
    return state().reader()->query_int(sql);
  }
};

}  // namespace playmirror::columns
