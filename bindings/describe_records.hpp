/// \file
/// The members of the mirrored rows and of the statistics' rows.
#pragma once

#include "convert_time.hpp"
#include "describe.hpp"

#include <playmirror/records.hpp>
#include <playmirror/stats.hpp>

#include <tuple>

namespace playmirror::python {

template <>
struct Describe<Artist> {
  static constexpr auto kClass = "Artist";
  static constexpr auto kMembers = std::tuple{
      Member{"id", &Artist::id},
      Member{"name", &Artist::name},
      Member{"genres", &Artist::genres},
      Member{"image_url", &Artist::image_url},
  };
};

template <>
struct Describe<Track> {
  static constexpr auto kClass = "Track";
  static constexpr auto kMembers = std::tuple{
      Member{"id", &Track::id},
      Member{"reccobeats_id", &Track::reccobeats_id},
      Member{"name", &Track::name},
      Member{"artist", &Track::artist},
      Member{"album", &Track::album},
      Member{"image_url", &Track::image_url},
      Member{"duration_ms", &Track::duration_ms},
      Member{"popularity", &Track::popularity},
      Member{"raw_data", &Track::raw_data},
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
      Member{"genres", &Track::genres},
      Member{"lyrics", &Track::lyrics},
      Member{"lyrics_summary", &Track::lyrics_summary},
      Member{"genre_tags", &Track::genre_tags},
      Member{"created_at", &Track::created_at},
      Member{"updated_at", &Track::updated_at},
  };
};

template <>
struct Describe<Play> {
  static constexpr auto kClass = "Play";
  static constexpr auto kMembers = std::tuple{
      Member{"id", &Play::id},
      Member{"track_id", &Play::track_id},
      Member{"played_at", &Play::played_at},
      Member{"context_uri", &Play::context_uri},
      Member{"listened_ms", &Play::listened_ms},
      Member{"skipped", &Play::skipped},
      Member{"source", &Play::source},
  };
};

template <>
struct Describe<Snapshot> {
  static constexpr auto kClass = "Snapshot";
  static constexpr auto kMembers = std::tuple{
      Member{"id", &Snapshot::id},
      Member{"date", &Snapshot::date},
      Member{"period_start", &Snapshot::period_start},
      Member{"period_end", &Snapshot::period_end},
      Member{"period_label", &Snapshot::period_label},
      Member{"metrics_payload", &Snapshot::metrics_payload},
      Member{"narrative_report", &Snapshot::narrative_report},
      Member{"model_used", &Snapshot::model_used},
      Member{"playlist_theme", &Snapshot::playlist_theme},
      Member{"playlist_theme_reasoning", &Snapshot::playlist_theme_reasoning},
      Member{"six_hour_playlist_id", &Snapshot::six_hour_playlist_id},
      Member{"daily_playlist_id", &Snapshot::daily_playlist_id},
      Member{"playlist_composition", &Snapshot::playlist_composition},
  };
};

template <>
struct Describe<PlaylistConfig> {
  static constexpr auto kClass = "PlaylistConfig";
  static constexpr auto kMembers = std::tuple{
      Member{"key", &PlaylistConfig::key},
      Member{"spotify_id", &PlaylistConfig::spotify_id},
      Member{"last_updated", &PlaylistConfig::last_updated},
      Member{"current_theme", &PlaylistConfig::current_theme},
      Member{"description", &PlaylistConfig::description},
      Member{"composition", &PlaylistConfig::composition},
  };
};

template <>
struct Describe<RecentPlay> {
  static constexpr auto kClass = "RecentPlay";
  static constexpr auto kMembers = std::tuple{
      Member{"id", &RecentPlay::id},
      Member{"track_id", &RecentPlay::track_id},
      Member{"name", &RecentPlay::name},
      Member{"artist", &RecentPlay::artist},
      Member{"played_at", &RecentPlay::played_at},
  };
};

template <>
struct Describe<TopTrack> {
  static constexpr auto kClass = "TopTrack";
  static constexpr auto kMembers = std::tuple{
      Member{"track_id", &TopTrack::track_id}, Member{"name", &TopTrack::name},
      Member{"artist", &TopTrack::artist},     Member{"plays", &TopTrack::plays},
      Member{"position", &TopTrack::position}, Member{"rank", &TopTrack::rank},
  };
};

template <>
struct Describe<GenreCount> {
  static constexpr auto kClass = "GenreCount";
  static constexpr auto kMembers = std::tuple{
      Member{"genre", &GenreCount::genre},
      Member{"artists", &GenreCount::artists},
  };
};

}  // namespace playmirror::python
