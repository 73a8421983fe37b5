#pragma once

#include "core/sqlite/database.hpp"

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

/// The mirror's single facts, in playmirror_meta.
namespace playmirror::meta {

inline constexpr std::string_view kServerName = "server_name";
inline constexpr std::string_view kLastPull = "last_pull";
inline constexpr std::string_view kLastPush = "last_push";
inline constexpr std::string_view kLastImport = "last_import";
inline constexpr std::string_view kAlembicVersion = "alembic_version";
inline constexpr std::string_view kProvisionalIds = "provisional_ids";  ///< how many were given out
inline constexpr std::string_view kSystemIdentifier = "system_identifier";
inline constexpr std::string_view kTimeline = "timeline";
inline constexpr std::string_view kDatabase = "database";
inline constexpr std::string_view kSchema = "schema";
inline constexpr std::string_view kPlayedAtZone = "played_at_zone";
inline constexpr std::string_view kSnapshot =
    "snapshot";  ///< pg_current_snapshot() of the last pull
inline constexpr std::string_view kCheckpoint =
    "checkpoint";                                             ///< the server's last checkpoint then
inline constexpr std::string_view kLastSweep = "last_sweep";  ///< when the last full look was
inline constexpr std::string_view kSettledPlays = "settled_plays";    ///< see sync/pull/settled_ids
inline constexpr std::string_view kIdsSnapshot = "ids_snapshot";      ///< of a later pull by ids
inline constexpr std::string_view kIdsCheckpoint = "ids_checkpoint";  ///< likewise
inline constexpr std::string_view kHighWater = "high_water";  ///< first xid the mirror may not know
inline constexpr std::string_view kPushSnapshot = "push_snapshot";  ///< kSnapshot plus our own push
inline constexpr std::string_view kDatabaseOid = "database_oid";
inline constexpr std::string_view kServerStarted = "server_started";
/// What the last pull took may be lost by a crash later than this; empty when it cannot be.
inline constexpr std::string_view kUnflushedSince = "unflushed_since";
inline constexpr std::string_view kLeftOut = "left_out";          ///< columns of tracks, by comma
inline constexpr std::string_view kPlaysSince = "plays_since";    ///< the earliest mirrored play
inline constexpr std::string_view kWitnesses = "witnesses";       ///< newest rows, see sync/session
inline constexpr std::string_view kParts = "parts";               ///< partitions, see sync/session
inline constexpr std::string_view kDigests = "digests";           ///< which are kept; 0: none
inline constexpr std::string_view kDigestsMade = "digests_made";  ///< the last that were given up
inline constexpr std::string_view kColumnsBuilt = "columns_built";  ///< 1: they follow the rows
/// Raised whenever what a reader may have kept of it has changed.
inline constexpr std::string_view kColumnsPlays = "columns_plays";
inline constexpr std::string_view kColumnsTracks = "columns_tracks";
inline constexpr std::string_view kColumnsArtists = "columns_artists";
inline constexpr std::string_view kColumnsTexts = "columns_texts";
/// Raised whenever any row of tracks, artists or credits was written.
inline constexpr std::string_view kColumnsCatalogue = "columns_catalogue";

[[nodiscard]] std::optional<std::string> read(const sqlite::Database& database,
                                              std::string_view key);

/// No number here comes near it. One that does was forged, and counting on from it would overflow.
inline constexpr std::int64_t kMostNumber = std::int64_t{1} << 62;

/// When something was last done; nothing for never. What is no time counts as never too: nothing
/// that was done is undone by doing it again.
[[nodiscard]] std::optional<Timestamp> read_time(const sqlite::Database& database,
                                                 std::string_view key);

/// 0 when there is none. Throws `damaged`.
[[nodiscard]] std::int64_t read_int(const sqlite::Database& database, std::string_view key);
void write(sqlite::Database& database, std::string_view key, std::string_view value);
void write(sqlite::Database& database, std::string_view key, std::int64_t value);

}  // namespace playmirror::meta
