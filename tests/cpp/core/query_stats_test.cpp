// The three statistics that answer the three questions people ask of the server.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

namespace playmirror {
namespace {

class QueryStats : public QueryTest {};

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
  EXPECT_EQ(mirror_.stats().recent_plays(0), expected);
  EXPECT_EQ(mirror_.stats().recent_plays(2),
            std::vector<RecentPlay>(expected.begin(), expected.begin() + 2));
  EXPECT_THROW(static_cast<void>(mirror_.stats().recent_plays(-1)), InvalidArgument);
}

TEST_F(QueryStats, TopTracksShareARankOnATie) {
  execute(R"(
    INSERT INTO tracks (id, name, artist) VALUES ('c', 'C', 'x'), ('b', 'B', 'x'), ('B', 'b', NULL),
      ('a', 'A', 'y'), ('unplayed', 'U', 'z');
    INSERT INTO play_history (id, track_id) VALUES (1, 'a'), (2, 'b'), (3, 'b'), (4, 'B'), (5, 'B'),
      (6, 'c'), (7, 'c'), (8, 'c'), (9, NULL), (10, NULL), (11, NULL), (12, NULL), (13, NULL);)");
  const std::vector<TopTrack> expected{
      {.track_id = "c", .name = "C", .artist = "x", .plays = 3, .position = 1, .rank = 1},
      {.track_id = "B", .name = "b", .plays = 2, .position = 2, .rank = 2},
      {.track_id = "b", .name = "B", .artist = "x", .plays = 2, .position = 3, .rank = 2},
      {.track_id = "a", .name = "A", .artist = "y", .plays = 1, .position = 4, .rank = 4}};
  EXPECT_EQ(mirror_.stats().top_tracks(), expected);
  EXPECT_EQ(mirror_.stats().top_tracks(0), expected);
  EXPECT_EQ(mirror_.stats().top_tracks(2),
            std::vector<TopTrack>(expected.begin(), expected.begin() + 2));
  EXPECT_THROW(static_cast<void>(mirror_.stats().top_tracks(-1)), InvalidArgument);
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

TEST_F(QueryStats, AnEmptyMirrorGivesEmptyLists) {
  EXPECT_TRUE(mirror_.stats().recent_plays().empty());
  EXPECT_TRUE(mirror_.stats().top_tracks().empty());
  EXPECT_TRUE(mirror_.stats().genre_artist_counts().empty());
}

}  // namespace
}  // namespace playmirror
