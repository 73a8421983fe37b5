/// \file
/// The members of the mirrored rows.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/records.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<Artist> {
  static constexpr auto kName = "Artist";
  static constexpr std::tuple kAll{
      Member{"id", &Artist::id},
      Member{"name", &Artist::name},
      Member{"genres", &Artist::genres, ColumnType::json},
      Member{"image_url", &Artist::image_url},
  };
};

template <>
struct Members<Track> {
  static constexpr auto kName = "Track";
  static constexpr std::tuple kAll{
      Member{"id", &Track::id},
      Member{"reccobeats_id", &Track::reccobeats_id},
      Member{"name", &Track::name},
      Member{"artist", &Track::artist},
      Member{"album", &Track::album},
      Member{"image_url", &Track::image_url},
      Member{"duration_ms", &Track::duration_ms},
      Member{"popularity", &Track::popularity},
      Member{"raw_data", &Track::raw_data, ColumnType::json},
      Member{"danceability", &Track::danceability},
      Member{"energy", &Track::energy},
      Member{"key", &Track::key},
      Member{"loudness", &Track::loudness},
      Member{"mode", &Track::mode},
      Member{"speechiness", &Track::speechiness},
      Member{"acousticness", &Track::acousticness},
      Member{"instrumentalness", &Track::instrumentalness},
      Member{"liveness", &Track::liveness},
      Member{"valence", &Track::valence},
      Member{"tempo", &Track::tempo},
      Member{"time_signature", &Track::time_signature},
      Member{"genres", &Track::genres, ColumnType::json},
      Member{"lyrics", &Track::lyrics},
      Member{"lyrics_summary", &Track::lyrics_summary},
      Member{"genre_tags", &Track::genre_tags},
      Member{"created_at", &Track::created_at},
      Member{"updated_at", &Track::updated_at},
  };
};

template <>
struct Members<Play> {
  static constexpr auto kName = "Play";
  static constexpr std::tuple kAll{
      Member{"id", &Play::id},
      Member{"track_id", &Play::track_id, ColumnType::dictionary},
      Member{"played_at", &Play::played_at},
      Member{"context_uri", &Play::context_uri, ColumnType::dictionary},
      Member{"listened_ms", &Play::listened_ms},
      Member{"skipped", &Play::skipped},
      Member{"source", &Play::source, ColumnType::dictionary},
  };
};

template <>
struct Members<Snapshot> {
  static constexpr auto kName = "Snapshot";
  static constexpr std::tuple kAll{
      Member{"id", &Snapshot::id},
      Member{"date", &Snapshot::date},
      Member{"period_start", &Snapshot::period_start},
      Member{"period_end", &Snapshot::period_end},
      Member{"period_label", &Snapshot::period_label},
      Member{"metrics_payload", &Snapshot::metrics_payload, ColumnType::json},
      Member{"narrative_report", &Snapshot::narrative_report, ColumnType::json},
      Member{"model_used", &Snapshot::model_used},
      Member{"playlist_theme", &Snapshot::playlist_theme},
      Member{"playlist_theme_reasoning", &Snapshot::playlist_theme_reasoning},
      Member{"six_hour_playlist_id", &Snapshot::six_hour_playlist_id},
      Member{"daily_playlist_id", &Snapshot::daily_playlist_id},
      Member{"playlist_composition", &Snapshot::playlist_composition, ColumnType::json},
  };
};

template <>
struct Members<PlaylistConfig> {
  static constexpr auto kName = "PlaylistConfig";
  static constexpr std::tuple kAll{
      Member{"key", &PlaylistConfig::key},
      Member{"spotify_id", &PlaylistConfig::spotify_id},
      Member{"last_updated", &PlaylistConfig::last_updated},
      Member{"current_theme", &PlaylistConfig::current_theme},
      Member{"description", &PlaylistConfig::description},
      Member{"composition", &PlaylistConfig::composition, ColumnType::json},
  };
};

}  // namespace playmirror
