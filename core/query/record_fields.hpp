/// \file
/// Which column feeds which member of each typed record. The first field is the key.
#pragma once

#include <playmirror/records.hpp>

#include <string_view>
#include <tuple>

namespace playmirror::query {

template <typename Record, typename Member>
struct Field {
  std::string_view column;
  Member Record::*member;
};

template <typename Record>
struct RecordFields;

template <>
struct RecordFields<Artist> {
  static constexpr std::string_view kTable = "artists";
  static constexpr std::tuple kFields{
      Field{"id", &Artist::id},
      Field{"name", &Artist::name},
      Field{"genres", &Artist::genres},
      Field{"image_url", &Artist::image_url},
  };
};

template <>
struct RecordFields<Track> {
  static constexpr std::string_view kTable = "tracks";
  static constexpr std::tuple kFields{
      Field{"id", &Track::id},
      Field{"reccobeats_id", &Track::reccobeats_id},
      Field{"name", &Track::name},
      Field{"artist", &Track::artist},
      Field{"album", &Track::album},
      Field{"image_url", &Track::image_url},
      Field{"duration_ms", &Track::duration_ms},
      Field{"popularity", &Track::popularity},
      Field{"raw_data", &Track::raw_data},
      Field{"danceability", &Track::danceability},
      Field{"energy", &Track::energy},
      Field{"key", &Track::key},
      Field{"loudness", &Track::loudness},
      Field{"mode", &Track::mode},
      Field{"speechiness", &Track::speechiness},
      Field{"acousticness", &Track::acousticness},
      Field{"instrumentalness", &Track::instrumentalness},
      Field{"liveness", &Track::liveness},
      Field{"valence", &Track::valence},
      Field{"tempo", &Track::tempo},
      Field{"time_signature", &Track::time_signature},
      Field{"genres", &Track::genres},
      Field{"lyrics", &Track::lyrics},
      Field{"lyrics_summary", &Track::lyrics_summary},
      Field{"genre_tags", &Track::genre_tags},
      Field{"created_at", &Track::created_at},
      Field{"updated_at", &Track::updated_at},
  };
};

template <>
struct RecordFields<Play> {
  static constexpr std::string_view kTable = "play_history";
  static constexpr std::tuple kFields{
      Field{"id", &Play::id},
      Field{"track_id", &Play::track_id},
      Field{"played_at", &Play::played_at},
      Field{"context_uri", &Play::context_uri},
      Field{"listened_ms", &Play::listened_ms},
      Field{"skipped", &Play::skipped},
      Field{"source", &Play::source},
  };
};

template <>
struct RecordFields<Snapshot> {
  static constexpr std::string_view kTable = "analysis_snapshots";
  static constexpr std::tuple kFields{
      Field{"id", &Snapshot::id},
      Field{"date", &Snapshot::date},
      Field{"period_start", &Snapshot::period_start},
      Field{"period_end", &Snapshot::period_end},
      Field{"period_label", &Snapshot::period_label},
      Field{"metrics_payload", &Snapshot::metrics_payload},
      Field{"narrative_report", &Snapshot::narrative_report},
      Field{"model_used", &Snapshot::model_used},
      Field{"playlist_theme", &Snapshot::playlist_theme},
      Field{"playlist_theme_reasoning", &Snapshot::playlist_theme_reasoning},
      Field{"six_hour_playlist_id", &Snapshot::six_hour_playlist_id},
      Field{"daily_playlist_id", &Snapshot::daily_playlist_id},
      Field{"playlist_composition", &Snapshot::playlist_composition},
  };
};

template <>
struct RecordFields<PlaylistConfig> {
  static constexpr std::string_view kTable = "playlist_config";
  static constexpr std::tuple kFields{
      Field{"key", &PlaylistConfig::key},
      Field{"spotify_id", &PlaylistConfig::spotify_id},
      Field{"last_updated", &PlaylistConfig::last_updated},
      Field{"current_theme", &PlaylistConfig::current_theme},
      Field{"description", &PlaylistConfig::description},
      Field{"composition", &PlaylistConfig::composition},
  };
};

/// The name of the record's key column.
template <typename Record>
inline constexpr std::string_view kKeyColumn = std::get<0>(RecordFields<Record>::kFields).column;

}  // namespace playmirror::query
