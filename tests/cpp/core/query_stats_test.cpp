// The three statistics that answer the three questions people ask of the server.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats_story_members.hpp>
#include <playmirror/to_table.hpp>

#include <atomic>
#include <filesystem>
#include <functional>
#include <optional>
#include <string>
#include <thread>
#include <tuple>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

/// id, name, artist, plays, position, rank
using Place = std::tuple<std::string, std::optional<std::string>, std::optional<std::string>,
                         std::int64_t, std::int64_t, std::int64_t>;

class QueryStats : public QueryTest {
 protected:
  std::vector<Place> places(const StatsFilter& filter) {
    std::vector<Place> result;
    for (const TopTrack& each : mirror_.stats().top_tracks(filter)) {
      result.emplace_back(each.track_id, each.name, each.artist, each.plays, each.position,
                          each.rank);
    }
    return result;
  }
};

TEST_F(QueryStats, RecentPlaysAreOfKnownTracksInTheServersOrder) {
  execute(R"(
    INSERT INTO tracks (id, name, artist) VALUES ('t1', 'One', 'A'), ('t2', NULL, NULL);
    INSERT INTO play_history (id, track_id, played_at) VALUES
      (1, 't1', '2026-01-01 10:00:00'), (2, 't2', '2026-01-01 10:00:00'),
      (3, NULL, '2026-01-02 10:00:00'), (4, 't1', NULL), (5, 't1', '2025-01-01 00:00:00'),
      (6, NULL, NULL);)");
  const auto at = [](const char* text) { return Timestamp::parse_postgres(text); };
  const std::vector<RecentPlay> expected{
      {.id = 4, .track_id = "t1", .name = "One", .artist = "A"},
      {.id = 2, .track_id = "t2", .played_at = at("2026-01-01 10:00:00")},
      {.id = 1,
       .track_id = "t1",
       .name = "One",
       .artist = "A",
       .played_at = at("2026-01-01 10:00:00")},
      {.id = 5,
       .track_id = "t1",
       .name = "One",
       .artist = "A",
       .played_at = at("2025-01-01 00:00:00")}};
  EXPECT_EQ(mirror_.stats().recent_plays(), expected);
  EXPECT_EQ(mirror_.stats().recent_plays({.limit = 0}), expected);
  EXPECT_EQ(mirror_.stats().recent_plays({.limit = 2}),
            std::vector<RecentPlay>(expected.begin(), expected.begin() + 2));
  EXPECT_THROW(static_cast<void>(mirror_.stats().recent_plays({.limit = -1})), InvalidArgument);
}

TEST_F(QueryStats, TopTracksShareARankOnATie) {
  execute(R"(
    INSERT INTO tracks (id, name, artist) VALUES ('c', 'C', 'x'), ('b', 'B', 'x'), ('B', 'b', NULL),
      ('a', 'A', 'y'), ('unplayed', 'U', 'z');
    INSERT INTO play_history (id, track_id) VALUES (1, 'a'), (2, 'b'), (3, 'b'), (4, 'B'), (5, 'B'),
      (6, 'c'), (7, 'c'), (8, 'c'), (9, NULL), (10, NULL), (11, NULL), (12, NULL), (13, NULL);)");
  const std::vector<Place> expected{{"c", "C", "x", 3, 1, 1},
                                    {"B", "b", std::nullopt, 2, 2, 2},
                                    {"b", "B", "x", 2, 3, 2},
                                    {"a", "A", "y", 1, 4, 4}};
  for (const bool details : {true, false}) {
    EXPECT_EQ(places({.details = details}), expected);
    EXPECT_EQ(places({.limit = 0, .details = details}), expected);
    EXPECT_EQ(places({.limit = 2, .offset = 1, .details = details}),
              std::vector<Place>(expected.begin() + 1, expected.begin() + 3));
    EXPECT_THROW(static_cast<void>(places({.limit = -1, .details = details})), InvalidArgument);
  }
}

TEST_F(QueryStats, ComebacksAreMadeWhenTheyAreLookedAt) {
  execute(R"(
    INSERT INTO tracks (id, name, artist) VALUES ('a', 'A', 'x'), ('b', NULL, NULL);
    INSERT INTO play_history (id, track_id, played_at) VALUES
      (1, 'a', '2026-01-01 10:00:00'), (2, 'b', '2026-01-01 11:00:00'),
      (3, 'a', '2026-01-03 10:00:00'), (4, 'b', '2026-01-05 11:00:00'), (5, NULL, NULL);)");
  const auto at = [](const char* text) { return Timestamp::parse_postgres(text); };
  const std::vector<Comeback> expected{
      {"a", "A", "x", at("2026-01-01 10:00:00"), at("2026-01-03 10:00:00"), 2},
      {"b", std::nullopt, std::nullopt, at("2026-01-01 11:00:00"), at("2026-01-05 11:00:00"), 4}};
  const auto lazy = mirror_.stats().lazy_comebacks({}, 1);
  execute("UPDATE playmirror_meta SET value = '0' WHERE key = 'columns_built'");
  const auto from_rows = mirror_.stats().lazy_comebacks({}, 1);
  EXPECT_EQ(mirror_.stats().comebacks({}, 3), std::vector<Comeback>{expected[1]});
  mirror_.close();
  for (const auto& found : {lazy, from_rows}) {
    EXPECT_EQ(found.size(), expected.size());
    EXPECT_EQ(found[1], expected[1]);
    EXPECT_EQ(found.to_vector(), expected);
    EXPECT_EQ(to_table(found), to_table(expected));
  }
  EXPECT_EQ(LazyRecords<Comeback>().size(), 0U);
}

TEST_F(QueryStats, GenresAreCountedFromTheLists) {
  execute(R"(
    INSERT INTO artists (id, genres) VALUES
      ('a', '["rock", "pop", "rock"]'), ('b', '["pop", "Pop", "caf\u00e9"]'), ('c', '["café"]'),
      ('d', '[1, 1.5, true, false, null]'), ('e', '{"rock": "pop"}'), ('f', '"rock"'),
      ('g', 'not json'), ('h', NULL), ('i', '[]'), ('j', 'null'), ('k', '["\ud800"]'),
      ('l', ' [ "\t\"" , "" ] ');)");
  EXPECT_EQ(mirror_.stats().genre_artist_counts(), (std::vector<GenreCount>{{"café", 2},
                                                                            {"pop", 2},
                                                                            {"rock", 2},
                                                                            {"", 1},
                                                                            {"\t\"", 1},
                                                                            {"1", 1},
                                                                            {"1.5", 1},
                                                                            {"Pop", 1},
                                                                            {"false", 1},
                                                                            {"true", 1}}));
}

TEST_F(QueryStats, MayBeAskedByOneThreadWhileAnotherCloses) {
  const std::filesystem::path file = mirror_.path();
  for (int round = 0; round < 100; ++round) {
    Mirror mirror = Mirror::open(file);
    std::atomic<bool> asks = false;
    const std::jthread asking([&] {
      try {
        for (;; asks = true) static_cast<void>(mirror.stats().top_tracks());
      } catch (const Error& error) {
        EXPECT_EQ(error.code(), ErrorCode::closed);
      }
      asks = true;
    });
    while (!asks) std::this_thread::yield();
    mirror.close();
  }
}

/// What the call says of a value that is none.
template <typename Call>
std::string refusal(Call&& call) {
  try {
    call();
  } catch (const InvalidArgument& error) {
    return std::string(error.what()) + ". " + error.hint();
  }
  return "it was taken";
}

TEST_F(QueryStats, RefuseAChoiceThatIsNone) {
  const Stats stats = mirror_.stats();
  const auto refused = [&](const StatsFilter& filter) {
    return refusal([&] { static_cast<void>(stats.totals(filter)); });
  };
  EXPECT_EQ(refused({.by = static_cast<Rank>(42)}),
            "by is 42, which is no Rank. Give one of plays, time, days, skips.");
  const std::vector<std::pair<std::string, StatsFilter>> filters = {
      {"week_start", {.week_start = static_cast<Weekday>(-1)}},
      {"rule", {.rule = static_cast<ListenRule>(9)}},
      {"null_listened", {.null_listened = static_cast<NullListened>(9)}},
      {"skips", {.skips = static_cast<Skips>(9)}},
      {"time_basis", {.time_basis = static_cast<TimeBasis>(9)}},
      {"artist_credit", {.artist_credit = static_cast<ArtistCredit>(9)}},
      {"genre_weight", {.genre_weight = static_cast<GenreWeight>(9)}},
      {"track_identity", {.track_identity = static_cast<TrackIdentity>(9)}},
      {"dedupe", {.dedupe = static_cast<Dedupe>(9)}},
      {"played_at_is", {.played_at_is = static_cast<PlayedAt>(9)}},
  };
  for (const auto& [name, filter] : filters) EXPECT_EQ(refused(filter).find(name + " is "), 0U);

  const auto unit = static_cast<Unit>(9);
  const std::vector<std::pair<std::string, std::function<void()>>> calls = {
      {"unit", [&] { static_cast<void>(stats.activity({}, unit)); }},
      {"unit", [&] { static_cast<void>(stats.discovery_trend({}, unit)); }},
      {"unit", [&] { static_cast<void>(stats.audio_trend({}, unit)); }},
      {"unit", [&] { static_cast<void>(stats.evolution({}, Entity::track, unit)); }},
      {"unit", [&] { static_cast<void>(stats.eras({}, static_cast<EraUnit>(9))); }},
      {"attribution", [&] { static_cast<void>(stats.clock({}, static_cast<Attribution>(9))); }},
      {"attribution", [&] { static_cast<void>(stats.heatmap({}, static_cast<Attribution>(9))); }},
      {"group", [&] { static_cast<void>(stats.skips({}, static_cast<SkipGroup>(9))); }},
      {"entity", [&] { static_cast<void>(stats.diversity({}, static_cast<Entity>(9))); }},
      {"week_start",
       [] {
         static_cast<void>(
             Period::this_week().resolve("UTC", std::nullopt, static_cast<Weekday>(9)));
       }},
  };
  for (const auto& [name, call] : calls) EXPECT_EQ(refusal(call).find(name + " is 9"), 0U);
}

TEST_F(QueryStats, AnEmptyMirrorGivesEmptyLists) {
  EXPECT_TRUE(mirror_.stats().recent_plays().empty());
  EXPECT_TRUE(mirror_.stats().top_tracks().empty());
  EXPECT_TRUE(mirror_.stats().genre_artist_counts().empty());
}

}  // namespace
}  // namespace playmirror
