#pragma once

#include <playmirror/export.hpp>
#include <playmirror/metrics.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <variant>

/// The rows of the mirrored tables as typed records: one struct per table, one member per column of
/// the server, optional where the server allows NULL. JSON columns hold the server's text
/// unchanged. Columns that a server has beyond these are mirrored too and reached through sql().
namespace playmirror {

/// A row of `artists`.
struct Artist {
  std::string id = {};  ///< Spotify artist id
  std::optional<std::string> name = {};
  std::optional<std::string> genres = {};  ///< JSON list of strings
  std::optional<std::string> image_url = {};

  friend bool operator==(const Artist&, const Artist&) = default;
};

/// A row of `tracks`.
struct Track {
  std::string id = {};                            ///< Spotify track id
  std::optional<std::string> reccobeats_id = {};  ///< UUID at the source of the audio features
  std::optional<std::string> name = {};
  std::optional<std::string> artist = {};  ///< display string, may name several artists
  std::optional<std::string> album = {};
  std::optional<std::string> image_url = {};
  std::optional<std::int64_t> duration_ms = {};     ///< milliseconds
  std::optional<std::int64_t> popularity = {};      ///< 0 to 100
  std::optional<std::string> raw_data = {};         ///< JSON: the whole Spotify API response
  std::optional<double> danceability = {};          ///< 0 to 1
  std::optional<double> energy = {};                ///< 0 to 1
  std::optional<std::int64_t> key = {};             ///< pitch class 0 to 11; -1 is unknown
  std::optional<double> loudness = {};              ///< dB
  std::optional<std::int64_t> mode = {};            ///< 1 major, 0 minor
  std::optional<double> speechiness = {};           ///< 0 to 1
  std::optional<double> acousticness = {};          ///< 0 to 1
  std::optional<double> instrumentalness = {};      ///< 0 to 1
  std::optional<double> liveness = {};              ///< 0 to 1
  std::optional<double> valence = {};               ///< 0 to 1
  std::optional<double> tempo = {};                 ///< beats per minute
  std::optional<std::int64_t> time_signature = {};  ///< beats per bar
  std::optional<std::string> genres = {};           ///< JSON; deprecated, see Artist::genres
  std::optional<std::string> lyrics = {};
  std::optional<std::string> lyrics_summary = {};
  std::optional<std::string> genre_tags = {};
  std::optional<Timestamp> created_at = {};
  std::optional<Timestamp> updated_at = {};

  friend bool operator==(const Track&, const Track&) = default;
};

/// A row of `play_history`: one listening event of an immutable log.
struct Play {
  std::int64_t id = 0;  ///< the server's id; negative until pushed
  std::optional<std::string> track_id = {};
  std::optional<Timestamp> played_at = {};
  std::optional<std::string> context_uri = {};   ///< playlist, album, ... it was played from
  std::optional<std::int64_t> listened_ms = {};  ///< milliseconds actually listened
  std::optional<bool> skipped = {};
  std::optional<std::string> source = {};  ///< where the event came from

  friend bool operator==(const Play&, const Play&) = default;
};

/// A row of `analysis_snapshots`.
struct Snapshot {
  std::int64_t id = 0;                 ///< the server's id; negative until pushed
  std::optional<Timestamp> date = {};  ///< when the analysis was run
  std::optional<Timestamp> period_start = {};
  std::optional<Timestamp> period_end = {};
  std::optional<std::string> period_label = {};      ///< such as "last_30_days"
  std::optional<std::string> metrics_payload = {};   ///< JSON
  std::optional<std::string> narrative_report = {};  ///< JSON
  std::optional<std::string> model_used = {};
  std::optional<std::string> playlist_theme = {};
  std::optional<std::string> playlist_theme_reasoning = {};
  std::optional<std::string> six_hour_playlist_id = {};
  std::optional<std::string> daily_playlist_id = {};
  std::optional<std::string> playlist_composition = {};  ///< JSON

  /// `metrics_payload`, read: Metrics when playmirror computed it, RawMetrics when another program
  /// did, std::monostate for NULL. Throws SchemaMismatch for a payload of a newer playmirror, and
  /// for one of ours that was damaged since.
  [[nodiscard]] PLAYMIRROR_EXPORT std::variant<std::monostate, Metrics, RawMetrics> metrics() const;

  friend bool operator==(const Snapshot&, const Snapshot&) = default;
};

/// A row of `playlist_config`.
struct PlaylistConfig {
  std::string key = {};  ///< such as "six_hour"
  std::optional<std::string> spotify_id = {};
  std::optional<Timestamp> last_updated = {};
  std::optional<std::string> current_theme = {};
  std::optional<std::string> description = {};
  std::optional<std::string> composition = {};  ///< JSON

  friend bool operator==(const PlaylistConfig&, const PlaylistConfig&) = default;
};

}  // namespace playmirror
