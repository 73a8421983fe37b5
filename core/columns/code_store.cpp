#include "core/columns/code_store.hpp"

#include "core/columns/bit_packing.hpp"
#include "core/columns/column_codec.hpp"

#include <algorithm>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::columns {
namespace {

/// Adds the entry of a row that begins with code and id.
template <typename Entry>
Entry& add_row(Dictionary<Entry>& dictionary, const sqlite::Statement& row) {
  if (row.integer(0) != static_cast<std::int64_t>(dictionary.size())) {
    refuse_damaged("the codes of the columns have a gap at " + std::to_string(row.integer(0)));
  }
  return dictionary.add(row.text(1));
}

constexpr const char* kSelectTracks =
    "SELECT code, id, known, name, artist, duration_ms, artists FROM playmirror_track_codes ";

std::int64_t last_artist_code(const sqlite::Database& database) {
  return database.query_int("SELECT max(code) FROM playmirror_artist_codes");
}

/// All but the id, from a row of kSelectTracks.
void fill(TrackEntry& track, const sqlite::Statement& row, TrackDictionary& texts,
          std::int64_t last_artist) {
  track.exists = row.integer(2) != 0;
  track.name = kept_text(texts, row, 3);
  track.artist = kept_text(texts, row, 4);
  if (!row.is_null(5)) track.duration_ms = row.integer(5);
  std::vector<std::uint32_t> artists;
  for (std::string_view bytes = row.blob(6); bytes.size() >= sizeof(std::uint32_t);
       bytes.remove_prefix(sizeof(std::uint32_t))) {
    artists.push_back(little_endian<std::uint32_t>(bytes.data()));
    if (artists.back() > last_artist) {
      refuse_damaged("the entry of track " + std::string(track.id) +
                     " names an artist without one");
    }
  }
  track.artists = texts.keep(artists);
}

void load_texts(const sqlite::Database& database, TextDictionary& texts, const char* table) {
  auto row = database.prepare(std::string("SELECT code, id FROM ") + table + " ORDER BY code");
  while (row.step()) add_row(texts, row);
}

std::string bytes_of(std::span<const std::uint32_t> codes) {
  std::string bytes;
  for (const std::uint32_t code : codes) put_little_endian(bytes, code);
  return bytes;
}

void store_texts(sqlite::Database& database, const TextDictionary& texts, const char* table) {
  database.execute(std::string("DELETE FROM ") + table);
  auto insert = database.prepare(std::string("INSERT INTO ") + table + " (code, id) VALUES (?, ?)");
  for (std::uint32_t code = 1; code < texts.size(); ++code) {
    insert.bind_all(std::int64_t{code}, texts[code].id).run();
  }
}

}  // namespace

void load(const sqlite::Database& database, TrackDictionary& tracks) {
  auto row = database.prepare(std::string(kSelectTracks) + "ORDER BY code");
  const std::int64_t last_artist = last_artist_code(database);
  while (row.step()) fill(add_row(tracks, row), row, tracks, last_artist);
}

TrackLookup::TrackLookup(const sqlite::Database& database)
    : last_artist_(last_artist_code(database)),
      select_(database.prepare(std::string(kSelectTracks) + "WHERE code = ?")) {}

TrackEntry TrackLookup::operator()(std::uint32_t code) {
  select_.bind(0, std::int64_t{code});
  TrackEntry track;
  if (select_.step()) {
    track.id = texts_.keep(select_.text(1));
    fill(track, select_, texts_, last_artist_);
  }
  select_.reset();
  return track;
}

void load(const sqlite::Database& database, ArtistDictionary& artists) {
  auto row = database.prepare(
      "SELECT code, id, known, name, genres FROM playmirror_artist_codes ORDER BY code");
  while (row.step()) {
    ArtistEntry& artist = add_row(artists, row);
    artist.exists = row.integer(2) != 0;
    artist.name = kept_text(artists, row, 3);
    artist.genres = kept_text(artists, row, 4);
  }
}

void load_sources(const sqlite::Database& database, TextDictionary& sources) {
  load_texts(database, sources, "playmirror_source_codes");
}

void load_contexts(const sqlite::Database& database, TextDictionary& contexts) {
  load_texts(database, contexts, "playmirror_context_codes");
}

void store(sqlite::Database& database, const CodeBook& book) {
  database.execute("DELETE FROM playmirror_track_codes");
  auto track_row = database.prepare(
      "INSERT INTO playmirror_track_codes (code, id, known, name, artist, duration_ms, artists) "
      "VALUES (?, ?, ?, ?, ?, ?, ?)");
  for (std::uint32_t code = 1; code < book.tracks.size(); ++code) {
    const TrackEntry& track = book.tracks[code];
    const std::string artists = bytes_of(track.artists);
    track_row.bind_all(std::int64_t{code}, track.id, track.exists, track.name, track.artist,
                       track.duration_ms);
    track_row.bind_blob_view(6, artists).run();
  }
  database.execute("DELETE FROM playmirror_artist_codes");
  auto artist_row = database.prepare(
      "INSERT INTO playmirror_artist_codes (code, id, known, name, genres) VALUES (?, ?, ?, ?, ?)");
  for (std::uint32_t code = 1; code < book.artists.size(); ++code) {
    const ArtistEntry& artist = book.artists[code];
    artist_row.bind_all(std::int64_t{code}, artist.id, artist.exists, artist.name, artist.genres)
        .run();
  }
  store_texts(database, book.sources, "playmirror_source_codes");
  store_texts(database, book.contexts, "playmirror_context_codes");
}

namespace {

struct CodeTable {
  const char* find;
  const char* add;
};

constexpr CodeTable kTracks{"SELECT code FROM playmirror_track_codes WHERE id = ?",
                            "INSERT INTO playmirror_track_codes (id) VALUES (?)"};
constexpr CodeTable kArtists{"SELECT code FROM playmirror_artist_codes WHERE id = ?",
                             "INSERT INTO playmirror_artist_codes (id) VALUES (?)"};
constexpr CodeTable kSources{"SELECT code FROM playmirror_source_codes WHERE id = ?",
                             "INSERT INTO playmirror_source_codes (id) VALUES (?)"};
constexpr CodeTable kContexts{"SELECT code FROM playmirror_context_codes WHERE id = ?",
                              "INSERT INTO playmirror_context_codes (id) VALUES (?)"};

/// The code and whether it is new.
std::pair<std::uint32_t, bool> code_of(sqlite::Database& database, const CodeTable& table,
                                       std::string_view id) {
  {
    const auto find = database.kept(table.find);
    find->bind_view(0, id);
    if (find->step()) return {static_cast<std::uint32_t>(find->integer(0)), false};
  }
  const auto add = database.kept(table.add);
  add->bind_view(0, id).run();
  return {static_cast<std::uint32_t>(database.last_insert_rowid()), true};
}

/// Looks only for another one than the last: plays that follow each other mostly name the same.
/// True when it is new.
bool look_up(sqlite::Database& database, const CodeTable& table, std::string_view text,
             CodedText& last) {
  if (last.code != kNone && last.text == text) return false;
  const auto [code, added] = code_of(database, table, text);
  last = {std::string(text), code};
  return added;
}

}  // namespace

std::uint32_t CodeUpdater::track(std::string_view id) {
  const auto [code, added] = code_of(database_, kTracks, id);
  if (added) {
    changed_tracks_ = true;
    refresh_track(std::string(id));
  }
  return code;
}

std::uint32_t CodeUpdater::artist(std::string_view id) {
  const auto [code, added] = code_of(database_, kArtists, id);
  if (added) {
    changed_artists_ = true;
    refresh_artist(std::string(id));
  }
  return code;
}

std::uint32_t CodeUpdater::source(std::string_view text) {
  if (look_up(database_, kSources, text, last_source_)) changed_texts_ = true;
  return last_source_.code;
}

std::uint32_t CodeUpdater::context(std::string_view text) {
  if (look_up(database_, kContexts, text, last_context_)) changed_texts_ = true;
  return last_context_.code;
}

void CodeUpdater::refresh_track(std::string_view id) {
  if (code_of(database_, kTracks, id).second) changed_tracks_ = true;
  std::vector<std::string> credited;
  {
    const auto credits = database_.kept("SELECT artist_id FROM track_artists WHERE track_id = ?");
    credits->bind_view(0, id);
    while (credits->step()) credited.emplace_back(credits->text(0));
  }
  std::vector<std::uint32_t> codes;
  for (const std::string& artist_id : credited) codes.push_back(artist(artist_id));
  std::ranges::sort(codes);
  const std::string artists = bytes_of(codes);
  const auto update = database_.kept(
      "UPDATE playmirror_track_codes AS c SET known = t.id IS NOT NULL, name = t.name, "
      "artist = t.artist, duration_ms = t.duration_ms, artists = ?2 "
      "FROM (SELECT ?1 AS playmirror_key) LEFT JOIN tracks AS t ON t.id = playmirror_key "
      "WHERE c.id = ?1 AND (c.known, c.name, c.artist, c.duration_ms, c.artists) IS NOT "
      "(t.id IS NOT NULL, t.name, t.artist, t.duration_ms, ?2)");
  update->bind_view(0, id);
  update->bind_blob_view(1, artists).run();
  if (database_.changes() > 0) changed_tracks_ = true;
}

void CodeUpdater::refresh_artist(std::string_view id) {
  if (code_of(database_, kArtists, id).second) changed_artists_ = true;
  const auto update = database_.kept(
      "UPDATE playmirror_artist_codes AS c SET known = a.id IS NOT NULL, name = a.name, "
      "genres = a.genres FROM (SELECT ?1 AS playmirror_key) LEFT JOIN artists AS a "
      "ON a.id = playmirror_key WHERE c.id = ?1 AND (c.known, c.name, c.genres) IS NOT "
      "(a.id IS NOT NULL, a.name, a.genres)");
  update->bind_view(0, id).run();
  if (database_.changes() > 0) changed_artists_ = true;
}

}  // namespace playmirror::columns
