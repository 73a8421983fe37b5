#pragma once

#include <playmirror/export.hpp>
#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror {

/// Whose record of a listening history a file is. Told by what is in it, not by its name.
enum class ImportFormat {
  spotify_extended,  ///< "Extended streaming history": `Streaming_History_Audio_*`, `endsong_*`
  spotify_account,   ///< "Account data": `StreamingHistory*`: times to the minute, no ids
  listenbrainz,      ///< a ListenBrainz export: one listen a line
  lastfm,            ///< pages of Last.fm's `user.getRecentTracks` as JSON
  maloja,            ///< Maloja's export
};

/// The format's name, such as "spotify_extended".
[[nodiscard]] PLAYMIRROR_EXPORT std::string_view to_string(ImportFormat format) noexcept;

/// What happens to a play whose track has no Spotify id, and no name by which the mirror knows one.
enum class LocalTracks {
  record,     ///< under an id made of artist and title: `local:` and 32 hexadecimal digits
  leave_out,  ///< it is not recorded, and counted as `no_spotify_id`
};

/// How to import.
struct ImportOptions {
  LocalTracks local_tracks = LocalTracks::record;
  bool private_sessions = false;  ///< record plays of private sessions too
  /// The `source` of the plays. Nothing: `import` for Spotify's exports, and the name of the
  /// service for others. Plays of one source are never taken for one another, but at the same
  /// instant.
  std::optional<std::string> source = {};
  bool dry_run = false;  ///< count everything and record nothing
};

/// One file, or one member of an archive.
struct ImportedFile {
  std::string name = {};                    ///< of a member: "archive.zip: member"
  std::optional<ImportFormat> format = {};  ///< nothing: not a listening history
  std::int64_t rows = 0;                    ///< read
  std::string problem = {};                 ///< why it could not be read to its end; else empty
};

/// What an import found. `rows` is the sum of all counts behind it up to `left_out`.
struct ImportReport {
  std::vector<ImportedFile> files = {};
  std::int64_t rows = 0;           ///< read from all files
  std::int64_t recorded = 0;       ///< plays that are new in the mirror
  std::int64_t already_there = 0;  ///< the mirror had that track at that instant
  std::int64_t matched = 0;        ///< the mirror had it from another source, at a time close by
  std::int64_t repeated = 0;       ///< twice in these files

  /// Not recorded, by reason:
  /// - `not_music`: an episode, an audiobook, a video
  /// - `no_name`: neither a track nor an artist is named
  /// - `no_time`: no time, or none between 2000 and tomorrow
  /// - `bad_value`: a text that is no text, or more than 24 days of listening
  /// - `private_session`: see ImportOptions::private_sessions
  /// - `no_spotify_id`: see LocalTracks::leave_out
  std::map<std::string, std::int64_t> left_out = {};

  std::int64_t tracks = 0;              ///< recorded along with the plays
  std::int64_t artists = 0;             ///< likewise
  std::optional<Timestamp> first = {};  ///< of the plays recorded
  std::optional<Timestamp> last = {};
};

}  // namespace playmirror
