/// Plays::add, Tracks::add, Artists::add, Snapshots::add: recording, in one local transaction each.

#include "core/mirror/state.hpp"
#include "core/outbox/new_row.hpp"
#include "core/outbox/outbox.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

namespace playmirror {
namespace {

bool has_row(sqlite::Database& database, const char* sql, std::string_view key) {
  const auto row = database.kept(sql);
  return row->bind_view(0, key).step();
}

/// The row's id under this identity: mirrored or pending; the smallest if there are several.
std::optional<std::int64_t> find_id(sqlite::Statement& statement) {
  if (!statement.step() || statement.is_null(0)) return std::nullopt;
  return statement.integer(0);
}

void check_finite(std::string_view what, Timestamp time) {
  if (!time.is_finite()) {
    raise(ErrorCode::invalid_argument, std::string(what) + " is infinite",
          {.hint = "Pass the instant at which it happened."});
  }
}

void check_key(std::string_view what, std::string_view key) {
  if (key.empty()) {
    raise(ErrorCode::invalid_argument, std::string(what) + " is empty",
          {.hint = "Give the id that the server has for it."});
  }
  outbox::check_text(what, key);
}

}  // namespace

Play Plays::add(const NewPlay& play) const {
  check_key("track_id", play.track_id);
  check_finite("played_at", play.played_at);
  const std::string played_at = play.played_at.to_postgres_string();
  std::int64_t id = 0;
  state_->write([&](sqlite::Database& database) {
    {
      const auto same = database.kept(
          "SELECT id FROM play_history WHERE played_at = ? AND track_id = ? ORDER BY id < 0, id");
      if (const auto found = find_id(same->bind_all(played_at, play.track_id))) {
        id = *found;
        return;
      }
    }
    if (!has_row(database, "SELECT 1 FROM tracks WHERE id = ?", play.track_id)) {
      raise(ErrorCode::unknown_reference, "the mirror has no track " + play.track_id,
            {.hint = "Add the track first, or pull it from the server."});
    }
    id = outbox::next_provisional_id(database);
    outbox::NewRow row(database, "play_history");
    row.text("track_id", play.track_id)
        .time("played_at", play.played_at)
        .text("context_uri", play.context_uri)
        .integer("listened_ms", play.listened_ms)
        .boolean("skipped", play.skipped)
        .text("source", play.source);
    row.insert(id);
    outbox::add(database, "play_history", outbox::play_identity(play.track_id, played_at), id,
                row.image());
  });
  return find(id).value();
}

Snapshot Snapshots::add(const NewSnapshot& snapshot) const {
  check_finite("date", snapshot.date);
  const std::string date = snapshot.date.to_postgres_string();
  std::int64_t id = 0;
  state_->write([&](sqlite::Database& database) {
    {
      const auto same = database.kept(
          "SELECT id FROM analysis_snapshots WHERE date = ? AND period_label IS ? "
          "ORDER BY id < 0, id");
      if (const auto found = find_id(same->bind_all(date, snapshot.period_label))) {
        id = *found;
        return;
      }
    }
    id = outbox::next_provisional_id(database);
    outbox::NewRow row(database, "analysis_snapshots");
    row.time("date", snapshot.date)
        .time("period_start", snapshot.period_start)
        .time("period_end", snapshot.period_end)
        .text("period_label", snapshot.period_label)
        .json("metrics_payload", snapshot.metrics_payload)
        .json("narrative_report", snapshot.narrative_report)
        .text("model_used", snapshot.model_used)
        .text("playlist_theme", snapshot.playlist_theme)
        .text("playlist_theme_reasoning", snapshot.playlist_theme_reasoning)
        .text("six_hour_playlist_id", snapshot.six_hour_playlist_id)
        .text("daily_playlist_id", snapshot.daily_playlist_id)
        .json("playlist_composition", snapshot.playlist_composition);
    row.insert(id);
    outbox::add(database, "analysis_snapshots",
                outbox::snapshot_identity(date, snapshot.period_label), id, row.image());
  });
  return find(id).value();
}

Artist Artists::add(const Artist& artist) const {
  check_key("id", artist.id);
  state_->write([&](sqlite::Database& database) {
    if (has_row(database, "SELECT 1 FROM artists WHERE id = ?", artist.id)) return;
    outbox::NewRow row(database, "artists");
    row.text("id", artist.id)
        .text("name", artist.name)
        .json("genres", artist.genres)
        .text("image_url", artist.image_url);
    row.insert();
    outbox::add(database, "artists", artist.id, 0, row.image());
  });
  return find(artist.id).value();
}

Track Tracks::add(const Track& track, const std::vector<std::string>& artist_ids) const {
  check_key("id", track.id);
  state_->write([&](sqlite::Database& database) {
    if (has_row(database, "SELECT 1 FROM tracks WHERE id = ?", track.id)) return;
    outbox::NewRow row(database, "tracks");
    row.text("id", track.id)
        .text("reccobeats_id", track.reccobeats_id)
        .text("name", track.name)
        .text("artist", track.artist)
        .text("album", track.album)
        .text("image_url", track.image_url)
        .integer("duration_ms", track.duration_ms)
        .integer("popularity", track.popularity)
        .json("raw_data", track.raw_data)
        .real("danceability", track.danceability)
        .real("energy", track.energy)
        .integer("key", track.key)
        .real("loudness", track.loudness)
        .integer("mode", track.mode)
        .real("speechiness", track.speechiness)
        .real("acousticness", track.acousticness)
        .real("instrumentalness", track.instrumentalness)
        .real("liveness", track.liveness)
        .real("valence", track.valence)
        .real("tempo", track.tempo)
        .integer("time_signature", track.time_signature)
        .json("genres", track.genres)
        .text("lyrics", track.lyrics)
        .text("lyrics_summary", track.lyrics_summary)
        .text("genre_tags", track.genre_tags)
        .time("created_at", track.created_at)
        .time("updated_at", track.updated_at);
    row.insert();
    for (const std::string& artist : artist_ids) {
      if (!has_row(database, "SELECT 1 FROM artists WHERE id = ?", artist)) {
        raise(ErrorCode::unknown_reference, "the mirror has no artist " + artist,
              {.hint = "Add the artist first, or pull it from the server."});
      }
      database.prepare("INSERT OR IGNORE INTO track_artists (track_id, artist_id) VALUES (?, ?)")
          .bind_all(track.id, artist)
          .run();
    }
    row.image().artist_ids = artist_ids;
    outbox::add(database, "tracks", track.id, 0, row.image());
  });
  return find(track.id).value();
}

}  // namespace playmirror
