#pragma once

#include "core/sqlite/database.hpp"
#include "sync/pg/connection.hpp"

#include <playmirror/server.hpp>

#include <cstdint>
#include <optional>
#include <string>

namespace playmirror::sync {

/// Which history of which database we are talking to.
struct ServerIdentity {
  std::string system_identifier = {};  ///< of the cluster; empty where the service hides it
  std::int64_t timeline = 0;           ///< raised by each promotion; 0 where hidden
  std::string database = {};
  std::string schema = {};
  std::int64_t database_oid = 0;    ///< 0 in mirrors that did not note it
  std::string played_at_zone = {};  ///< no part of the history, but of how it is read
};

/// One moment of the server, as one transaction's snapshot sees it.
struct Moment {
  ServerIdentity identity = {};
  std::string snapshot = {};    ///< pg_current_snapshot() as text
  std::int64_t xmin = 0;        ///< every older transaction has ended
  std::int64_t xmax = 0;        ///< no transaction at or after it is visible
  std::string checkpoint = {};  ///< where the last checkpoint began; changes when a server recovers
  bool in_recovery = false;     ///< a standby
  std::string started = {};     ///< when the server was started, in seconds
  /// Every older transaction had ended at the last checkpoint of the timeline; 0 when unknown.
  std::int64_t decided = 0;
  bool is_flushed = false;      ///< a crash takes nothing back of what this moment shows
  std::string last_crash = {};  ///< in seconds, or when somebody reset the server's statistics
};

/// What this server lets a role ask about itself.
struct IdentityAccess {
  bool control_system = false;
  bool control_checkpoint = false;
  bool wal_position = false;
};

/// A SELECT of one row that read_moment() understands.
[[nodiscard]] std::string moment_sql(const IdentityAccess& access);
[[nodiscard]] Moment read_moment(const pg::Row& row, const ServerOptions& options);

/// The 64-bit transaction id of a row or a transaction seen at `moment` or soon after it.
[[nodiscard]] std::int64_t widen(std::uint32_t xid, const Moment& moment);

/// With `synchronous_commit = off`, a crash can take back transactions that a pull has seen, and
/// their numbers go to others. A pull notes whether that may befall what it has taken.
void note_what_a_crash_may_take(sqlite::Database& database, const Moment& moment);

/// Whether it may have befallen what the last pull has taken: then no horizon counts.
[[nodiscard]] bool may_have_forgotten(const sqlite::Database& database, const Moment& now);

/// A condition of the parameters $1, $2 and $3: that the server's snapshot, its checkpoint and the
/// moment of its start are these, so that nothing has happened since. A standby's snapshot does not
/// list what runs, so only a primary's can prove anything; the checkpoint rules out a server that
/// crashed, lost commits, and gave their numbers out again, and the start one whose files were set
/// back. Needs IdentityAccess::control_checkpoint.
[[nodiscard]] std::string standstill_condition();

/// A SELECT of that condition, and that the server still is who it was: system identifier ($4),
/// timeline ($5) and database ($6). Cheap: whoever polls asks nothing else.
[[nodiscard]] std::string standstill_sql(const IdentityAccess& access);

/// A cheaper one for the process ($2) of a server started at that moment ($3) which has shown all
/// the rest before, as a primary: none outlives a crash or a stop, and no primary becomes anything
/// else without. So only the snapshot ($1) may be another by now.
[[nodiscard]] std::string same_process_standstill_sql();

/// The identity that the mirror was made from; nothing before its first pull.
[[nodiscard]] std::optional<ServerIdentity> stored_identity(const sqlite::Database& database);
/// How many of the facts in the file that make up an identity are not those of this one. A mirror
/// that says nothing of a fact counts as one that says something else.
[[nodiscard]] int facts_that_differ(const sqlite::Database& database, const ServerIdentity& now);
void store_identity(sqlite::Database& database, const ServerIdentity& identity);

/// Why `now` is not the history that the mirror follows, or nothing when it is.
[[nodiscard]] std::optional<std::string> difference(const ServerIdentity& known,
                                                    const ServerIdentity& now);

/// Throws InvalidArgument when the mirror's plays were read by the clocks of another zone.
void check_played_at_zone(const sqlite::Database& database, const std::string& zone);

/// Whether the server has not seen yet what the mirror holds: a replica that lags, or a server that
/// was set back.
[[nodiscard]] bool is_behind(const sqlite::Database& database, const Moment& now);

/// Throws Error (server_behind) when it is.
void check_not_behind(const sqlite::Database& database, const Moment& now);

/// Throws ServerChanged unless the two are one history.
void check_identity(const ServerIdentity& known, const ServerIdentity& now);

/// Throws ServerChanged unless the mirror is new or follows this server's history, and
/// InvalidArgument when it reads it in another zone.
void check_identity(const sqlite::Database& database, const ServerIdentity& now);

}  // namespace playmirror::sync
