// The filters of tracks, artists and snapshots.

#include "tests/cpp/core/query_fixture.hpp"

#include <playmirror/error.hpp>

namespace playmirror {
namespace {

using Keys = std::vector<std::string>;

template <typename Record>
Keys keys(const std::vector<Record>& records) {
  Keys keys;
  for (const Record& record : records) keys.push_back(record.id);
  return keys;
}

class QueryFilters : public QueryTest {
 protected:
  [[nodiscard]] Keys tracks(const TrackFilter& filter) const {
    const Keys found = keys(all(mirror_.tracks().list(filter)));
    EXPECT_EQ(mirror_.tracks().count(filter), std::ssize(found));
    return found;
  }

  [[nodiscard]] Keys artists(const ArtistFilter& filter) const {
    const Keys found = keys(all(mirror_.artists().list(filter)));
    EXPECT_EQ(mirror_.artists().count(filter), std::ssize(found));
    return found;
  }

  [[nodiscard]] std::vector<std::int64_t> snapshots(const SnapshotFilter& filter) const {
    const auto found = ids(all(mirror_.snapshots().list(filter)));
    EXPECT_EQ(mirror_.snapshots().count(filter), std::ssize(found));
    return found;
  }
};

TEST_F(QueryFilters, TracksByNameAlbumAndArtist) {
  execute(R"(
    INSERT INTO artists (id) VALUES ('x'), ('y');
    INSERT INTO tracks (id, name, album) VALUES
      ('c', 'Yellow Submarine', 'Revolver'), ('b', '100% PURE', 'A'), ('a', '100 percent', 'A'),
      ('B', 'a_b', 'revolver'), ('d', NULL, NULL), ('e', 'ÄÖ', 'A''B');
    INSERT INTO track_artists VALUES ('c', 'x'), ('b', 'x'), ('b', 'y');)");
  EXPECT_EQ(tracks({}), (Keys{"B", "a", "b", "c", "d", "e"}));
  EXPECT_EQ(tracks({.limit = 2}), (Keys{"B", "a"}));
  EXPECT_EQ(tracks({.name_contains = "SUB"}), Keys{"c"});
  EXPECT_EQ(tracks({.name_contains = "100"}), (Keys{"a", "b"}));
  EXPECT_EQ(tracks({.name_contains = "0%"}), Keys{"b"});
  EXPECT_EQ(tracks({.name_contains = "_"}), Keys{"B"});
  EXPECT_EQ(tracks({.name_contains = "Ä"}), Keys{"e"});
  EXPECT_EQ(tracks({.name_contains = "ä"}), Keys{});
  EXPECT_EQ(tracks({.name_contains = ""}), (Keys{"B", "a", "b", "c", "e"}));
  EXPECT_EQ(tracks({.album = "Revolver"}), Keys{"c"});
  EXPECT_EQ(tracks({.album = "A'B"}), Keys{"e"});
  EXPECT_EQ(tracks({.artist_id = "x"}), (Keys{"b", "c"}));
  EXPECT_EQ(tracks({.name_contains = "e", .artist_id = "x", .album = "A"}), Keys{"b"});
  EXPECT_THROW(static_cast<void>(mirror_.tracks().list({.limit = -1})), InvalidArgument);
}

TEST_F(QueryFilters, TheArtistsOfATrackAreInOrderOfId) {
  execute(R"(
    INSERT INTO artists (id, name) VALUES ('z', 'first'), ('Z', 'second'), ('m', 'third'),
      ('n', 'of no track');
    INSERT INTO tracks (id) VALUES ('t'), ('alone');
    INSERT INTO track_artists VALUES ('t', 'z'), ('t', 'Z'), ('t', 'm');)");
  EXPECT_EQ(keys(mirror_.tracks().artists("t")), (Keys{"Z", "m", "z"}));
  EXPECT_TRUE(mirror_.tracks().artists("alone").empty());
  EXPECT_TRUE(mirror_.tracks().artists("unknown").empty());
}

TEST_F(QueryFilters, ArtistsByNameAndGenre) {
  execute(R"(
    INSERT INTO artists (id, name, genres) VALUES
      ('a', 'Björk', '["art pop", "electronica"]'), ('b', 'Can', '["krautrock", "art pop"]'),
      ('c', 'Quote', '["d\u00e9j\u00e0 vu", "\"quoted\"", "\ud83c\udfb5"]'),
      ('d', 'Object', '{"genre": "art pop"}'), ('e', 'Text', '"art pop"'),
      ('f', 'Broken', '["art pop"'), ('g', 'Null', 'null'), ('h', 'None', NULL),
      ('i', 'Numbers', '[1, true, null, ["art pop"]]'), ('j', 'Empty', '[]'), ('k', NULL, '');)");
  EXPECT_EQ(artists({.genre = "art pop"}), (Keys{"a", "b"}));
  EXPECT_EQ(artists({.genre = "Art Pop"}), Keys{});
  EXPECT_EQ(artists({.genre = "déjà vu"}), Keys{"c"});
  EXPECT_EQ(artists({.genre = "\"quoted\""}), Keys{"c"});
  EXPECT_EQ(artists({.genre = "\xF0\x9F\x8E\xB5"}), Keys{"c"});
  EXPECT_EQ(artists({.genre = "1"}), Keys{});
  EXPECT_EQ(artists({.genre = "null"}), Keys{});
  EXPECT_EQ(artists({.name_contains = "U"}), (Keys{"c", "g", "i"}));
  EXPECT_EQ(artists({.name_contains = "can", .genre = "art pop"}), Keys{"b"});
  EXPECT_EQ(artists({.genre = "art pop", .limit = 1}), Keys{"a"});
}

TEST_F(QueryFilters, SnapshotsByDateAndLabel) {
  execute(R"(
    INSERT INTO analysis_snapshots (id, date, period_label) VALUES
      (1, '2026-01-01 00:00:00', 'week'), (2, '2026-01-02 00:00:00', 'month'), (3, NULL, 'week'),
      (4, '2026-01-02 00:00:00', NULL), (-8, '2026-01-03 00:00:00', 'week');
    INSERT INTO playmirror_outbox (table_name, identity, row_id, recorded_at, image, checksum)
      VALUES ('analysis_snapshots', 'x', -8, '2026-01-03 00:00:00', x'', 0);
    INSERT INTO playmirror_delivered (table_name, provisional_id, server_id) VALUES ('analysis_snapshots', -7, 2);)");
  using Ids = std::vector<std::int64_t>;
  const auto at = [](const char* text) { return Timestamp::parse_postgres(text); };
  EXPECT_EQ(snapshots({}), (Ids{3, -8, 4, 2, 1}));
  EXPECT_EQ(snapshots({.order = Order::oldest_first}), (Ids{1, 2, 4, -8, 3}));
  EXPECT_EQ(ids(mirror_.snapshots().recent(2)), (Ids{3, -8}));
  EXPECT_EQ(snapshots({.period_label = "week"}), (Ids{3, -8, 1}));
  EXPECT_EQ(snapshots({.since = at("2026-01-02 00:00:00")}), (Ids{-8, 4, 2}));
  EXPECT_EQ(snapshots({.until = at("2026-01-02 00:00:00")}), (Ids{1}));
  EXPECT_EQ(snapshots({.pending = true}), (Ids{-8}));
  EXPECT_EQ(snapshots({.pending = false, .limit = 2}), (Ids{3, 4}));
  EXPECT_EQ(mirror_.snapshots().find(-7)->id, 2);
  EXPECT_EQ(mirror_.snapshots().find(-9), std::nullopt);
}

}  // namespace
}  // namespace playmirror
