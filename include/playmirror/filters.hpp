#pragma once

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>

/// What to list. Every member narrows the answer; a default filter lists everything.
namespace playmirror {

/// The order of a listing by time.
enum class Order {
  newest_first,  ///< by time descending, then id descending; rows without a time first
  oldest_first,  ///< by time ascending, then id ascending; rows without a time last
};

/// Which plays to list.
struct PlayFilter {
  std::optional<Timestamp> since = {};  ///< played_at >= since
  std::optional<Timestamp> until = {};  ///< played_at < until
  std::optional<std::string> track_id = {};
  std::optional<std::string> artist_id = {};  ///< any credited artist of the track
  std::optional<std::string> source = {};
  std::optional<std::string> context_uri = {};
  std::optional<bool> skipped = {};  ///< rows whose flag is unknown match neither
  std::optional<bool> pending = {};  ///< true: only plays not yet on the server
  Order order = Order::newest_first;
  std::int64_t limit = 0;  ///< 0: no limit
};

/// Which tracks to list.
struct TrackFilter {
  std::optional<std::string> name_contains = {};  ///< case-insensitive for ASCII
  std::optional<std::string> artist_id = {};      ///< credited in track_artists
  std::optional<std::string> album = {};          ///< exact
  std::int64_t limit = 0;                         ///< 0: no limit; always in order of id
};

/// Which artists to list.
struct ArtistFilter {
  std::optional<std::string> name_contains = {};  ///< case-insensitive for ASCII
  std::optional<std::string> genre = {};          ///< an element of the JSON list, exact
  std::int64_t limit = 0;                         ///< 0: no limit; always in order of id
};

/// Which snapshots to list.
struct SnapshotFilter {
  std::optional<Timestamp> since = {};  ///< date >= since
  std::optional<Timestamp> until = {};  ///< date < until
  std::optional<std::string> period_label = {};
  std::optional<bool> pending = {};  ///< true: only those not yet on the server
  Order order = Order::newest_first;
  std::int64_t limit = 0;  ///< 0: no limit
};

}  // namespace playmirror
