// Payloads of snapshots, read back: ours as Metrics, those of others as they are.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>
#include <playmirror/metrics.hpp>

#include <array>
#include <chrono>
#include <cstdio>
#include <gtest/gtest.h>
#include <string>
#include <variant>
#include <vector>

namespace playmirror {
namespace {

using namespace std::chrono_literals;

constexpr const char* kLeast =
    R"({"schema":"playmirror.metrics/1","library":"9.9.9","computed_at":"2026-02-01T00:00:00Z"})";

/// kLeast with more members.
std::string with(const std::string& members) {
  std::string text = kLeast;
  text.insert(text.size() - 1, "," + members);
  return text;
}

ErrorDetails refusal_of(const std::string& text, ErrorCode code, const std::string& said) {
  try {
    static_cast<void>(Metrics::parse(text));
  } catch (const Error& error) {
    EXPECT_EQ(error.code(), code) << text;
    EXPECT_NE(std::string(error.what()).find(said), std::string::npos) << error.what();
    EXPECT_FALSE(error.hint().empty());
    return error.details();
  }
  ADD_FAILURE() << "was taken: " << text;
  return {};
}

TEST(Metrics, ASectionThatIsMissingIsNone) {
  const Metrics metrics = Metrics::parse(kLeast);
  EXPECT_EQ(metrics, (Metrics{.schema = "playmirror.metrics/1",
                              .library = "9.9.9",
                              .computed_at = Timestamp::parse("2026-02-01T00:00:00Z"),
                              .text = kLeast}));
}

TEST(Metrics, KeysThatAreNotKnownStayInTheText) {
  const std::string text =
      with(R"("mood":"calm","skips":{"known":3,"skipped":1,"rate":0.25,"why":[1e3]})");
  const Metrics metrics = Metrics::parse(text);
  EXPECT_EQ(metrics.text, text);
  EXPECT_EQ(metrics.skips, (MetricsSkips{.known = 3, .skipped = 1, .rate = 0.25}));
}

TEST(Metrics, WhatTheFilterDoesNotSayHasItsDefault) {
  const Metrics metrics = Metrics::parse(with(
      R"("filter":{"start":null,"tz":"Asia/Tokyo","rule":"scrobble","sources":[null,"import"]})"));
  EXPECT_EQ(metrics.filter, (MetricsFilter{.tz = "Asia/Tokyo",
                                           .rule = ListenRule::scrobble,
                                           .sources = {std::nullopt, "import"}}));
}

TEST(Metrics, ListsOfPairsAreRecords) {
  const Metrics metrics = Metrics::parse(with(
      R"("days":[["2026-01-31",4]],"eras":[["1990s",7]],"audio":{"tempo":{"n":1,"std":0,"mean":120}})"));
  EXPECT_EQ(metrics.days, (std::vector<MetricsDay>{{.day = 2026y / 1 / 31, .plays = 4}}));
  EXPECT_EQ(metrics.eras, (std::vector<MetricsEra>{{.label = "1990s", .plays = 7}}));
  EXPECT_EQ(metrics.audio->tempo, (MetricsFeature{.n = 1, .mean = 120, .stddev = 0}));
  EXPECT_EQ(metrics.audio->energy, std::nullopt);
}

TEST(Metrics, WhatIsNotOursIsRefused) {
  for (const char* text :
       {"", "nope", "{", "[1,]", "{\"schema\":NaN}", "{\"schema\":1e999}", "\xFF"}) {
    refusal_of(text, ErrorCode::invalid_argument, "is not JSON");
  }
  for (const char* text : {"{}", "[]", "null", "7", R"({"schema":1})", R"({"schema":"mine/1"})"}) {
    refusal_of(text, ErrorCode::invalid_argument, "no payload of playmirror");
  }
  for (const char* version : {"2", "", "01", "1.1", "10"}) {
    const std::string schema = std::string("playmirror.metrics/") + version;
    refusal_of(R"({"schema":")" + schema + "\"}", ErrorCode::schema_mismatch, schema);
  }
}

TEST(Metrics, APayloadThatDoesNotKeepToTheFormNamesTheKey) {
  const std::vector<std::pair<const char*, const char*>> cases = {
      {R"("totals":[])", "\"totals\" is not an object"},
      {R"("totals":{"plays":1.5})", "\"totals.plays\" is not a whole number"},
      {R"("totals":{"plays":"1"})", "\"totals.plays\" is not a whole number"},
      {R"("totals":{"plays":99999999999999999999})", "\"totals.plays\" is not a whole number"},
      {R"("skips":{"known":1})", "\"skips.skipped\" is not there"},
      {R"("skips":{"known":1,"skipped":1,"rate":"1"})", "\"skips.rate\" is not a number"},
      {R"("top":{"tracks":[{}]})", "\"top.tracks[0].plays\" is not there"},
      {R"("top":{"tracks":{}})", "\"top.tracks\" is not a list"},
      {R"("clock":[1])", "\"clock\" is not 24 numbers"},
      {R"("heatmap":[[1],[]])", "\"heatmap\" is not 7 lists of 24 numbers"},
      {R"("days":[["2026-02-30",1]])", "\"days[0][0]\" is not a day"},
      {R"("days":[["2026-02-20"]])", "\"days[0]\" is not a list of its parts"},
      {R"("filter":{"start":"2026-01-01"})", "\"filter.start\" is not a time with its zone"},
      {R"("filter":{"rule":"some"})", "\"filter.rule\" is not a choice"},
      {R"("discovery":{"new_artists":1,"new_tracks":1,"censored":1})", "is not true or false"}};
  for (const auto& [members, said] : cases) {
    refusal_of(with(members), ErrorCode::schema_mismatch, said);
  }
  refusal_of(R"({"schema":"playmirror.metrics/1"})", ErrorCode::schema_mismatch, "\"library\"");
}

TEST(Metrics, NumbersAreExact) {
  const auto rate = [](const std::string& number) {
    return Metrics::parse(with(R"("skips":{"known":0,"skipped":0,"rate":)" + number + "}"))
        .skips->rate;
  };
  for (const double number : {0.1, 1.0 / 3, 1e300, 5e-324, 2.2250738585072011e-308, -0.5, 1e22}) {
    std::array<char, 32> digits{};
    std::snprintf(digits.data(), digits.size(), "%.17g", number);
    EXPECT_EQ(rate(digits.data()), number);
  }
  EXPECT_EQ(rate("0.000000000000000000000000000000000000000000000000000E-5"), 0);
  EXPECT_EQ(rate("18446744073709551616"), 18446744073709551616.0);
}

TEST(Metrics, DeepNestingTakesNoStack) {
  constexpr std::size_t kDeep = 1'000'000;
  const std::string deep = std::string(kDeep, '[') + std::string(kDeep, ']');
  EXPECT_EQ(std::get<RawMetrics>(Snapshot{.metrics_payload = deep}.metrics()).text, deep);
  EXPECT_EQ(Metrics::parse(with("\"deep\":" + deep)).library, "9.9.9");
}

class SnapshotMetrics : public QueryTest {};

TEST_F(SnapshotMetrics, TellWhoWroteThePayload) {
  EXPECT_TRUE(std::holds_alternative<std::monostate>(Snapshot{}.metrics()));
  for (const char* text :
       {R"({"plays": 412})", "[]", "not even JSON", R"({"schema": "theirs/1"})"}) {
    EXPECT_EQ(std::get<RawMetrics>(Snapshot{.metrics_payload = text}.metrics()).text, text);
  }
  EXPECT_THROW(static_cast<void>(
                   Snapshot{.metrics_payload = R"({"schema":"playmirror.metrics/2"})"}.metrics()),
               SchemaMismatch);
}

TEST_F(SnapshotMetrics, AComputedSnapshotReadsBack) {
  execute(R"(
    INSERT INTO artists VALUES ('a', 'Artist', '["Jazz"]', NULL);
    INSERT INTO tracks (id, name, artist, album, duration_ms, tempo)
      VALUES ('t', 'Tra"ck', 'Artist', 'Album', 200000, 120.5);
    INSERT INTO track_artists VALUES ('t', 'a');
    INSERT INTO play_history (id, track_id, played_at, listened_ms, skipped) VALUES
      (1, 't', '2026-01-30 10:00:00', 1000, 0), (2, 't', '2026-01-31 10:30:00', NULL, NULL);)");
  const Snapshot snapshot = mirror_.snapshots().compute(
      Period::month(2026, 1), {.now = Timestamp::parse("2026-02-01T00:00:00Z"),
                               .tz = "Europe/Berlin",
                               .sources = {std::nullopt}});
  const Metrics metrics = std::get<Metrics>(snapshot.metrics());
  EXPECT_EQ(metrics.text, snapshot.metrics_payload);
  EXPECT_EQ(metrics.computed_at, snapshot.date);
  EXPECT_EQ(metrics.filter, (MetricsFilter{.start = snapshot.period_start,
                                           .end = snapshot.period_end,
                                           .label = "2026-01",
                                           .tz = "Europe/Berlin",
                                           .sources = {std::nullopt}}));
  EXPECT_EQ(metrics.totals, (MetricsTotals{.plays = 2,
                                           .measured_ms = 1000,
                                           .estimated_ms = 200'000,
                                           .tracks = 1,
                                           .artists = 1,
                                           .albums = 1,
                                           .genres = 1,
                                           .active_days = 2}));
  EXPECT_EQ(metrics.input->plays_seen, 2);
  EXPECT_EQ(metrics.top->tracks, (std::vector<MetricsItem>{{.id = "t",
                                                            .name = "Tra\"ck",
                                                            .plays = 2,
                                                            .ms = 201'000,
                                                            .share = 1,
                                                            .position = 1,
                                                            .rank = 1}}));
  EXPECT_EQ(metrics.top->genres.front().id, "jazz");
  EXPECT_EQ(metrics.clock->at(11), 2);
  EXPECT_EQ(metrics.heatmap->at(5).at(11), 1);
  EXPECT_EQ(metrics.streaks,
            (MetricsStreaks{.current = 2, .longest = 2, .longest_start = 2026y / 1 / 30}));
  EXPECT_EQ(metrics.audio->tempo->mean, 120.5);
  EXPECT_EQ(metrics.compare->previous, (MetricsBase{.plays = 0, .delta = 2}));
}

}  // namespace
}  // namespace playmirror
