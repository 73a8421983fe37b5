// Every column of every typed record, by key, and the values that a SQLite column cannot hold.

#include "core/query/record_fields.hpp"
#include "core/schema/layout.hpp"
#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

#include <cmath>
#include <limits>
#include <tuple>

namespace playmirror {
namespace {

template <typename Record>
std::vector<std::string> record_columns() {
  std::vector<std::string> columns;
  std::apply([&](const auto&... member) { (columns.emplace_back(member.name), ...); },
             Members<Record>::kAll);
  return columns;
}

template <typename Record>
void expect_layout() {
  const schema::TableLayout& layout = schema::record_layout(query::kTableOf<Record>);
  std::vector<std::string> columns;
  for (const schema::ColumnLayout& column : layout.columns) columns.push_back(column.name);
  EXPECT_EQ(record_columns<Record>(), columns) << layout.name;
  EXPECT_EQ(layout.key, std::vector<std::string>{std::string(query::kKeyColumn<Record>)});
}

TEST(QueryRecordFields, AreTheColumnsOfTheLayouts) {
  expect_layout<Artist>();
  expect_layout<Track>();
  expect_layout<Play>();
  expect_layout<Snapshot>();
  expect_layout<PlaylistConfig>();
}

class QueryRecords : public QueryTest {};

TEST_F(QueryRecords, ATrackHasEveryColumn) {
  execute(R"(
    INSERT INTO tracks VALUES ('id', 'reccobeats', 'name', 'artist', 'album', 'image', 219000, 77,
      '{"a": 1,  "a":2}', 0.1, 0.2, 11, -5.5, 1, 0.3, 0.4, 0.5, 0.6, 0.7, 120.5, 4, '["rock"]',
      'lyrics', 'summary', 'tags', '2026-01-31 06:00:00.25', 'infinity');
    INSERT INTO tracks (id) VALUES ('');)");
  EXPECT_EQ(mirror_.tracks().find("id"),
            (Track{.id = "id",
                   .reccobeats_id = "reccobeats",
                   .name = "name",
                   .artist = "artist",
                   .album = "album",
                   .image_url = "image",
                   .duration_ms = 219000,
                   .popularity = 77,
                   .raw_data = R"({"a": 1,  "a":2})",
                   .danceability = 0.1,
                   .energy = 0.2,
                   .key = 11,
                   .loudness = -5.5,
                   .mode = 1,
                   .speechiness = 0.3,
                   .acousticness = 0.4,
                   .instrumentalness = 0.5,
                   .liveness = 0.6,
                   .valence = 0.7,
                   .tempo = 120.5,
                   .time_signature = 4,
                   .genres = R"(["rock"])",
                   .lyrics = "lyrics",
                   .lyrics_summary = "summary",
                   .genre_tags = "tags",
                   .created_at = Timestamp::parse("2026-01-31T06:00:00.25Z"),
                   .updated_at = Timestamp::infinity()}));
  EXPECT_EQ(mirror_.tracks().find(""), Track{});
  EXPECT_EQ(mirror_.tracks().find("ID"), std::nullopt);
}

TEST_F(QueryRecords, ASnapshotHasEveryColumn) {
  execute(R"(INSERT INTO analysis_snapshots VALUES (5, '2026-01-31 06:00:00',
    '2026-01-01 00:00:00', '2026-01-31 00:00:00', 'last_30_days', '{}', '[]', 'model', 'theme',
    'reasoning', 'six', 'daily', 'null'))");
  EXPECT_EQ(mirror_.snapshots().find(5),
            (Snapshot{.id = 5,
                      .date = Timestamp::parse("2026-01-31T06:00:00Z"),
                      .period_start = Timestamp::parse("2026-01-01T00:00:00Z"),
                      .period_end = Timestamp::parse("2026-01-31T00:00:00Z"),
                      .period_label = "last_30_days",
                      .metrics_payload = "{}",
                      .narrative_report = "[]",
                      .model_used = "model",
                      .playlist_theme = "theme",
                      .playlist_theme_reasoning = "reasoning",
                      .six_hour_playlist_id = "six",
                      .daily_playlist_id = "daily",
                      .playlist_composition = "null"}));
}

TEST_F(QueryRecords, AnArtistAndAPlaylistHaveEveryColumn) {
  execute(R"(
    INSERT INTO artists VALUES ('id', 'name', '["a"]', 'image');
    INSERT INTO playlist_config VALUES ('six_hour', 'spotify', '2026-01-31 06:00:00', 'theme',
      'description', '[]'), ('daily', NULL, NULL, NULL, NULL, NULL);)");
  EXPECT_EQ(mirror_.artists().find("id"),
            (Artist{.id = "id", .name = "name", .genres = R"(["a"])", .image_url = "image"}));
  const PlaylistConfig six_hour{.key = "six_hour",
                                .spotify_id = "spotify",
                                .last_updated = Timestamp::parse("2026-01-31T06:00:00Z"),
                                .current_theme = "theme",
                                .description = "description",
                                .composition = "[]"};
  EXPECT_EQ(mirror_.playlists().find("six_hour"), six_hour);
  EXPECT_EQ(mirror_.playlists().find("weekly"), std::nullopt);
  EXPECT_EQ(all(mirror_.playlists().list()),
            (std::vector<PlaylistConfig>{{.key = "daily"}, six_hour}));
  EXPECT_EQ(mirror_.playlists().count(), 2);
}

TEST_F(QueryRecords, ExtraColumnsOfTheServerAreLeftAlone) {
  execute(R"(
    ALTER TABLE artists ADD COLUMN genre TEXT;
    INSERT INTO artists VALUES ('id', NULL, '["a", "b"]', NULL, 'distractor');)");
  EXPECT_EQ(mirror_.artists().find("id"), (Artist{.id = "id", .genres = R"(["a", "b"])"}));
  EXPECT_EQ(mirror_.stats().genre_artist_counts().size(), 2U);
}

TEST_F(QueryRecords, ExtremeNumbersAndTextsSurvive) {
  const std::string quotes = "'\"`; DROP TABLE tracks; --\xF0\x9F\x8E\xB5\r\n\t";
  {
    auto state = MirrorAccess::state(mirror_);
    state->write([&](sqlite::Database& database) {
      database
          .prepare(
              "INSERT INTO tracks (id, name, lyrics, duration_ms, tempo, energy, loudness) "
              "VALUES (?, ?, ?, ?, ?, ?, ?)")
          .bind_all(quotes, quotes, std::string(3 << 20, 'x'),
                    std::numeric_limits<std::int64_t>::min(),
                    std::numeric_limits<double>::denorm_min(), std::numeric_limits<double>::max(),
                    -std::numeric_limits<double>::infinity())
          .run();
    });
  }
  const auto track = mirror_.tracks().find(quotes);
  ASSERT_TRUE(track);
  EXPECT_EQ(track->id, quotes);
  EXPECT_EQ(track->name, quotes);
  EXPECT_EQ(track->lyrics->size(), 3U << 20);
  EXPECT_EQ(track->duration_ms, std::numeric_limits<std::int64_t>::min());
  EXPECT_EQ(track->tempo, std::numeric_limits<double>::denorm_min());
  EXPECT_EQ(track->energy, std::numeric_limits<double>::max());
  EXPECT_EQ(track->loudness, -std::numeric_limits<double>::infinity());
}

TEST_F(QueryRecords, NotANumberAndNegativeZeroComeBack) {
  execute(R"(
    INSERT INTO tracks (id, tempo, energy, valence, loudness) VALUES
      ('odd', NULL, 0.0, NULL, 0.0), ('plain', NULL, 0.0, NULL, 1.0);
    INSERT INTO playmirror_odd_values VALUES
      ('tracks', 'odd', 'tempo', 'NaN'), ('tracks', 'odd', 'energy', '-0'),
      ('other', 'plain', 'tempo', 'NaN');)");
  for (const Track& track : {*mirror_.tracks().find("odd"), all(mirror_.tracks().list())[0]}) {
    ASSERT_TRUE(track.tempo);
    EXPECT_TRUE(std::isnan(*track.tempo));
    EXPECT_EQ(track.energy, 0.0);
    EXPECT_TRUE(std::signbit(*track.energy));
    EXPECT_EQ(track.valence, std::nullopt);
    EXPECT_FALSE(std::signbit(*track.loudness));
  }
  const auto plain = mirror_.tracks().find("plain");
  EXPECT_EQ(plain->tempo, std::nullopt);
  EXPECT_FALSE(std::signbit(*plain->energy));
}

TEST_F(QueryRecords, AnUnknownOddValueIsReported) {
  execute(R"(
    INSERT INTO tracks (id) VALUES ('odd');
    INSERT INTO playmirror_odd_values VALUES ('tracks', 'odd', 'tempo', '1.5');)");
  EXPECT_THROW(static_cast<void>(mirror_.tracks().find("odd")), MirrorUnusable);
}

}  // namespace
}  // namespace playmirror
