#include "sync/session/identity.hpp"

#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <string_view>

namespace playmirror::sync {

namespace {

// Fields of a function's row, not subselects from it: those take the server longer to plan than all
// the rest takes.
constexpr const char* kCheckpoint = "(pg_catalog.pg_control_checkpoint()).checkpoint_lsn::text";

// Which transactions were at work when the last checkpoint began; 0 where it does not say.
constexpr const char* kOldestAtCheckpoint =
    "(pg_catalog.pg_control_checkpoint()).oldest_active_xid::text::bigint";

// Whether a crash at this moment would leave everything that a snapshot of now shows.
constexpr const char* kIsFlushed =
    "pg_catalog.pg_current_wal_flush_lsn() >= pg_catalog.pg_current_wal_insert_lsn()";

// When the server was started: not even a backup of its files brings that back.
constexpr const char* kStarted = "extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text";

constexpr std::string_view kUtc = "UTC";

std::string system_identifier_sql(const IdentityAccess& access) {
  return access.control_system ? "(pg_catalog.pg_control_system()).system_identifier::text" : "''";
}

std::string timeline_sql(const IdentityAccess& access) {
  // The control file of a promoted server can name the old timeline for a moment; the WAL file's
  // name never does, but a standby has none to tell.
  const std::string control = access.control_checkpoint
                                  ? "(pg_catalog.pg_control_checkpoint()).timeline_id::bigint"
                                  : "0::bigint";
  if (!access.wal_position) return control;
  return "CASE WHEN pg_catalog.pg_is_in_recovery() THEN " + control +
         " ELSE ('x' || pg_catalog.substr(pg_catalog.pg_walfile_name("
         "pg_catalog.pg_current_wal_lsn()), 1, 8))::bit(32)::bigint END";
}

/// A standby that has replayed a later transaction may still lack an earlier one.
bool lags(const sqlite::Database& database, const Moment& now) {
  return now.in_recovery && PLAYMIRROR_SAFEGUARD("oldest transaction of a standby") &&
         now.xmin < ingest::latest_horizon(database);
}

}  // namespace

std::string moment_sql(const IdentityAccess& access) {
  // The transactions of the checkpoint ahead of its timeline: a new checkpoint in between, of
  // another one, shows.
  return std::string("SELECT s::text, pg_catalog.pg_snapshot_xmin(s)::text, ") +
         "pg_catalog.pg_snapshot_xmax(s)::text, " +
         (access.control_checkpoint ? kOldestAtCheckpoint : "0::bigint") + ", " +
         system_identifier_sql(access) + ", " + timeline_sql(access) +
         ", pg_catalog.current_database(), " + (access.control_checkpoint ? kCheckpoint : "''") +
         ", pg_catalog.pg_is_in_recovery(), (SELECT oid::bigint FROM pg_catalog.pg_database "
         "WHERE datname = pg_catalog.current_database()), " +
         kStarted + ", " +
         // A standby has what was flushed on its primary.
         "CASE WHEN pg_catalog.pg_is_in_recovery() THEN true ELSE " +
         (access.wal_position ? kIsFlushed : "false") +
         " END, extract(epoch FROM pg_catalog.pg_stat_get_bgwriter_stat_reset_time())::text "
         "FROM pg_catalog.pg_current_snapshot() s";
}

std::string standstill_condition() {
  return std::string("pg_catalog.pg_current_snapshot()::text = $1 AND ") + kCheckpoint +
         " = $2 AND " + kStarted + " = $3 AND NOT pg_catalog.pg_is_in_recovery()";
}

std::string standstill_sql(const IdentityAccess& access) {
  return "SELECT " + standstill_condition() + " AND " + system_identifier_sql(access) +
         " = $4 AND (" + timeline_sql(access) +
         ")::text = $5 AND pg_catalog.current_database() = $6";
}

std::string same_process_standstill_sql() {
  const std::string same =
      std::string("pg_catalog.pg_backend_pid()::text = $2 AND ") + kStarted + " = $3";
  return "SELECT pg_catalog.pg_current_snapshot()::text = $1 AND " +
         (PLAYMIRROR_SAFEGUARD("same process") ? same : "$2::text || $3::text IS NOT NULL");
}

Moment read_moment(const pg::Row& row, const ServerOptions& options) {
  Moment moment;
  moment.snapshot = row.text(0);
  moment.xmin = row.integer(1);
  moment.xmax = row.integer(2);
  if (const std::int64_t oldest = row.integer(3); oldest != 0) {
    moment.decided = widen(static_cast<std::uint32_t>(oldest), moment);
  }
  moment.identity = {row.text(4),    row.integer(5), row.text(6),
                     options.schema, row.integer(9), options.played_at_zone};
  moment.checkpoint = row.text(7);
  moment.in_recovery = row.boolean(8);
  moment.started = row.text(10);
  moment.is_flushed = row.boolean(11);
  moment.last_crash = row.text(12);
  return moment;
}

std::int64_t widen(std::uint32_t xid, const Moment& moment) {
  // The nearest one: under READ COMMITTED, a statement may see what began after the moment.
  const auto away = static_cast<std::int32_t>(xid - static_cast<std::uint32_t>(moment.xmax));
  return moment.xmax + away;
}

void note_what_a_crash_may_take(sqlite::Database& database, const Moment& moment) {
  meta::write(database, meta::kUnflushedSince, moment.is_flushed ? "" : moment.last_crash);
}

bool may_have_forgotten(const sqlite::Database& database, const Moment& now) {
  const std::string then = meta::read(database, meta::kUnflushedSince).value_or("");
  return !then.empty() && then != now.last_crash && PLAYMIRROR_SAFEGUARD("forgotten commits");
}

bool is_behind(const sqlite::Database& database, const Moment& now) {
  return lags(database, now) || (PLAYMIRROR_SAFEGUARD("high water") &&
                                 now.xmax < meta::read_int(database, meta::kHighWater));
}

void check_not_behind(const sqlite::Database& database, const Moment& now) {
  if (!is_behind(database, now)) return;
  const bool lacks_earlier = lags(database, now);
  raise(ErrorCode::server_behind,
        "the server has not yet seen what this mirror holds (transaction " +
            std::to_string(lacks_earlier ? now.xmin : now.xmax) + " of " +
            std::to_string(lacks_earlier ? ingest::latest_horizon(database)
                                         : meta::read_int(database, meta::kHighWater)) +
            ")",
        {.hint = "A replica lags behind: wait, or connect to the primary. If the server was set "
                 "back to an older state, pull once with accept_server.",
         .retryable = true});
}

std::optional<ServerIdentity> stored_identity(const sqlite::Database& database) {
  const auto name = meta::read(database, meta::kDatabase);
  if (!name) return std::nullopt;
  return ServerIdentity{meta::read(database, meta::kSystemIdentifier).value_or(""),
                        meta::read_int(database, meta::kTimeline),
                        *name,
                        meta::read(database, meta::kSchema).value_or(""),
                        meta::read_int(database, meta::kDatabaseOid),
                        meta::read(database, meta::kPlayedAtZone).value_or(std::string(kUtc))};
}

int facts_that_differ(const sqlite::Database& database, const ServerIdentity& now) {
  int count = 0;
  const auto compare = [&](std::string_view key, const std::string& value) {
    if (meta::read(database, key) != value) ++count;
  };
  compare(meta::kSystemIdentifier, now.system_identifier);
  compare(meta::kTimeline, std::to_string(now.timeline));
  compare(meta::kDatabase, now.database);
  compare(meta::kSchema, now.schema);
  compare(meta::kDatabaseOid, std::to_string(now.database_oid));
  compare(meta::kPlayedAtZone, now.played_at_zone);
  return count;
}

void store_identity(sqlite::Database& database, const ServerIdentity& identity) {
  meta::write(database, meta::kSystemIdentifier, identity.system_identifier);
  meta::write(database, meta::kTimeline, identity.timeline);
  meta::write(database, meta::kDatabase, identity.database);
  meta::write(database, meta::kSchema, identity.schema);
  meta::write(database, meta::kDatabaseOid, identity.database_oid);
  meta::write(database, meta::kPlayedAtZone, identity.played_at_zone);
}

std::optional<std::string> difference(const ServerIdentity& known, const ServerIdentity& now) {
  if (!PLAYMIRROR_SAFEGUARD("identity")) return std::nullopt;
  if (known.system_identifier != now.system_identifier) {
    return "it is another cluster (system identifier " + now.system_identifier + ", not " +
           known.system_identifier + ")";
  }
  if (known.database != now.database) {
    return "it is database " + now.database + ", not " + known.database;
  }
  if (known.database_oid != 0 && known.database_oid != now.database_oid) {
    return "it is another database of the name " + now.database;
  }
  if (known.schema != now.schema) return "it is schema " + now.schema + ", not " + known.schema;
  if (known.timeline != now.timeline) {
    return "its history branched off (timeline " + std::to_string(now.timeline) + ", not " +
           std::to_string(known.timeline) + "): a standby was promoted or a backup restored";
  }
  return std::nullopt;
}

void check_played_at_zone(const sqlite::Database& database, const std::string& zone) {
  // Mirrors from before there was a choice know a server, and no zone.
  auto known = meta::read(database, meta::kPlayedAtZone);
  if (!known && stored_identity(database)) known = kUtc;
  if (!known || *known == zone) return;
  raise(
      ErrorCode::invalid_argument,
      "the times of the mirror's plays were read as local times of " + *known + ", not of " + zone,
      {.hint = "Connect with played_at_zone \"" + *known +
               "\", or read them otherwise into a new mirror."});
}

void check_identity(const sqlite::Database& database, const ServerIdentity& now) {
  check_played_at_zone(database, now.played_at_zone);
  if (const auto known = stored_identity(database)) check_identity(*known, now);
}

void check_identity(const ServerIdentity& known, const ServerIdentity& now) {
  if (const auto why = difference(known, now)) {
    raise(ErrorCode::server_changed, "this is not the server that the mirror follows: " + *why,
          {.hint = "Connect to the right server. If this one took its place, pull once with "
                   "accept_server: the mirror is compared with it whole, and rows of yours that "
                   "it lacks are sent again."});
  }
}

}  // namespace playmirror::sync
