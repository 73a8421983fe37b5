#include "core/schema/bookkeeping.hpp"

#include "core/digest/book_checks.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"

#include <playmirror/error.hpp>

#include <string>

namespace playmirror::schema {
namespace {

constexpr const char* kBookkeeping = R"sql(
CREATE TABLE playmirror_meta (
  key    TEXT PRIMARY KEY NOT NULL,
  value  TEXT
) STRICT, WITHOUT ROWID;

-- One row per mirrored table: how far its copy has come.
CREATE TABLE playmirror_tables (
  name       TEXT PRIMARY KEY NOT NULL,
  state      TEXT NOT NULL DEFAULT 'empty'
             CHECK (state IN ('empty', 'copying', 'filling', 'copied', 'complete')),
  horizon    INTEGER,            -- 64-bit transaction id: rows at or after it are read again
  copied_to  TEXT,               -- how far an unfinished first copy came: storage/block or a key
  relation   INTEGER NOT NULL DEFAULT 0,  -- the server's oid of the table
  problem    TEXT NOT NULL DEFAULT '',
  odd_times  INTEGER NOT NULL DEFAULT 0 -- 1: holds a timestamp that text does not sort
) STRICT, WITHOUT ROWID;

-- The server's columns at the last pull, in its order.
CREATE TABLE playmirror_columns (
  table_name   TEXT NOT NULL,
  position     INTEGER NOT NULL,
  name         TEXT NOT NULL,
  server_type  TEXT NOT NULL,
  number       INTEGER NOT NULL DEFAULT 0,  -- the server's attnum; 0 before the first pull
  PRIMARY KEY (table_name, name)
) STRICT, WITHOUT ROWID;

-- Values that a SQLite column cannot hold: NaN (kept there as NULL) and -0.0 (kept as 0.0).
CREATE TABLE playmirror_odd_values (
  table_name   TEXT NOT NULL,
  row_key      TEXT NOT NULL,
  column_name  TEXT NOT NULL,
  value        TEXT NOT NULL,
  PRIMARY KEY (table_name, row_key, column_name)
) STRICT, WITHOUT ROWID;

-- Rows recorded here and not known to be on the server. The image is the whole row.
CREATE TABLE playmirror_outbox (
  entry            INTEGER PRIMARY KEY AUTOINCREMENT,
  table_name       TEXT NOT NULL,
  identity         TEXT NOT NULL,
  row_id           INTEGER NOT NULL DEFAULT 0,
  recorded_at      TEXT NOT NULL,
  image            BLOB NOT NULL,
  checksum         INTEGER NOT NULL,
  state            TEXT NOT NULL DEFAULT 'queued'
                   CHECK (state IN ('queued', 'waiting', 'rejected')),
  attempts         INTEGER NOT NULL DEFAULT 0,
  sqlstate         TEXT NOT NULL DEFAULT '',
  constraint_name  TEXT NOT NULL DEFAULT '',
  message          TEXT NOT NULL DEFAULT '',
  offered_id       INTEGER,       -- the id the server gave it in a push that ended in doubt
  UNIQUE (table_name, identity)
) STRICT;
CREATE INDEX playmirror_outbox_row_id ON playmirror_outbox (table_name, row_id);

-- Pushes whose COMMIT was about to be sent and whose end is not known yet.
CREATE TABLE playmirror_pushes (
  push               INTEGER PRIMARY KEY AUTOINCREMENT,
  xid                INTEGER NOT NULL,
  backend_pid        INTEGER NOT NULL,
  backend_start      TEXT NOT NULL,
  system_identifier  TEXT NOT NULL,
  timeline           INTEGER NOT NULL,
  database           TEXT NOT NULL,
  sent_at            TEXT NOT NULL
) STRICT;

-- Rows of ours that reached the server: what provisional ids have become, in runs. The first of a
-- run is the greatest provisional id and the least id of the server's.
CREATE TABLE playmirror_delivered (
  table_name      TEXT NOT NULL,
  provisional_id  INTEGER NOT NULL,
  server_id       INTEGER NOT NULL,
  rows            INTEGER NOT NULL DEFAULT 1,
  PRIMARY KEY (table_name, provisional_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX playmirror_delivered_server_id ON playmirror_delivered (table_name, server_id);
)sql";

/// What each of the pushes holds.
constexpr const char* kOffered = R"sql(
-- Entries that follow each other, and the first of the ids that the server gave them; 0 where the
-- key is the id.
CREATE TABLE playmirror_offered (
  push       INTEGER NOT NULL,
  entry      INTEGER NOT NULL,
  rows       INTEGER NOT NULL,
  server_id  INTEGER NOT NULL,
  PRIMARY KEY (push, entry)
) STRICT, WITHOUT ROWID;
)sql";

/// What statistics shall leave out, by the name of the list.
constexpr const char* kExclusions = R"sql(
CREATE TABLE playmirror_exclusions (
  name  TEXT NOT NULL,
  kind  TEXT NOT NULL CHECK (kind IN ('track', 'artist', 'context')),
  id    TEXT NOT NULL,
  PRIMARY KEY (name, kind, id)
) STRICT, WITHOUT ROWID;
)sql";

/// Plays as columns, derived from the rows; see docs/columns.md.
constexpr const char* kColumns = R"sql(
-- Blocks of sealed plays. A block never changes: it is replaced by one with a new number.
CREATE TABLE playmirror_blocks (
  block        INTEGER PRIMARY KEY AUTOINCREMENT,
  late         INTEGER NOT NULL,  -- 1: plays that came when the blocks of their time were sealed
  plays        INTEGER NOT NULL,
  first_at     INTEGER NOT NULL,
  first_id     INTEGER NOT NULL,
  last_at      INTEGER NOT NULL,
  last_id      INTEGER NOT NULL,
  least_id     INTEGER NOT NULL,
  greatest_id  INTEGER NOT NULL
) STRICT;

CREATE TABLE playmirror_block_data (
  part  INTEGER PRIMARY KEY,      -- 8 * block + number of the column
  data  BLOB NOT NULL
) STRICT;

-- Plays of a block that are gone, or have changed and stand elsewhere.
CREATE TABLE playmirror_removed (
  block      INTEGER NOT NULL,
  row        INTEGER NOT NULL,
  played_at  INTEGER NOT NULL,
  track      INTEGER NOT NULL,
  PRIMARY KEY (block, row)
) STRICT, WITHOUT ROWID;

-- Plays that are in no block.
CREATE TABLE playmirror_unsealed (
  id  INTEGER PRIMARY KEY
) STRICT;

CREATE TABLE playmirror_track_codes (
  code         INTEGER PRIMARY KEY,
  id           TEXT NOT NULL UNIQUE,
  known        INTEGER NOT NULL DEFAULT 0,  -- 1: the track is in tracks
  name         TEXT,
  artist       TEXT,
  duration_ms  INTEGER,
  artists      BLOB NOT NULL DEFAULT x''    -- codes of the credited artists, 4 bytes each
) STRICT;

CREATE TABLE playmirror_artist_codes (
  code    INTEGER PRIMARY KEY,
  id      TEXT NOT NULL UNIQUE,
  known   INTEGER NOT NULL DEFAULT 0,
  name    TEXT,
  genres  TEXT
) STRICT;

CREATE TABLE playmirror_source_codes (
  code  INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE
) STRICT;

CREATE TABLE playmirror_context_codes (
  code  INTEGER PRIMARY KEY,
  id    TEXT NOT NULL UNIQUE
) STRICT;
)sql";

/// What playmirror has written to the mirrored tables, see core/digest.
constexpr const char* kDigests = R"sql(
CREATE TABLE IF NOT EXISTS playmirror_digests (
  table_name  TEXT NOT NULL,
  block       TEXT NOT NULL,
  rows        INTEGER NOT NULL,
  sum         INTEGER NOT NULL,  -- of the hashes of all values, modulo 2^64
  PRIMARY KEY (table_name, block)
) STRICT, WITHOUT ROWID;
)sql";

/// What playmirror has written to the bookkeeping, see core/digest.
constexpr const char* kChecks = R"sql(
CREATE TABLE playmirror_checks (
  table_name  TEXT NOT NULL,
  part        TEXT NOT NULL,
  rows        INTEGER NOT NULL,
  sum         INTEGER NOT NULL,  -- of the hashes of all rows, modulo 2^64
  PRIMARY KEY (table_name, part)
) STRICT, WITHOUT ROWID;
)sql";

/// From format 3: each entry in doubt named its push, and each handle stood by itself.
constexpr const char* kNoteInRuns = R"sql(
ALTER TABLE playmirror_delivered ADD COLUMN rows INTEGER NOT NULL DEFAULT 1;
INSERT INTO playmirror_offered (push, entry, rows, server_id)
  SELECT push, entry, 1, coalesce(offered_id, 0) FROM playmirror_outbox
  WHERE state = 'in_doubt' AND push IS NOT NULL;
UPDATE playmirror_outbox SET state = 'queued', attempts = attempts - 1 WHERE state = 'in_doubt';
ALTER TABLE playmirror_outbox DROP COLUMN push;
)sql";

void create_index(sqlite::Database& database, const TableLayout& layout) {
  for (const std::string& sql : create_index_sql(layout.name)) database.execute(sql);
}

}  // namespace

FileState inspect(const sqlite::Database& database) {
  const std::int64_t application = database.query_int("PRAGMA application_id");
  const std::int64_t version = database.query_int("PRAGMA user_version");
  if (application == 0 && version == 0 &&
      database.query_int("SELECT count(*) FROM sqlite_schema") == 0) {
    return FileState::empty;
  }
  if (application != kApplicationId) {
    raise(ErrorCode::not_a_mirror, "the file is a SQLite database, but not a mirror",
          {.hint = "Choose another file; playmirror changes nothing in this one."});
  }
  if (version > kFormatVersion) {
    raise(ErrorCode::format_too_new,
          "the mirror has format " + std::to_string(version) +
              ", and this playmirror reads up to " + std::to_string(kFormatVersion),
          {.hint = "Install a newer playmirror."});
  }
  return version == kFormatVersion ? FileState::current : FileState::older;
}

void create_bookkeeping(sqlite::Database& database) {
  for (const char* tables : {kBookkeeping, kOffered, kExclusions, kColumns, kDigests, kChecks}) {
    database.execute(tables);
  }
}

void create(sqlite::Database& database) {
  // Rows with lyrics and JSON span many pages; larger ones mean fewer of them.
  database.execute("PRAGMA page_size=16384");
  if (database.query_text("PRAGMA journal_mode=WAL") != "wal") {
    raise(ErrorCode::storage_failed, "the file system does not support SQLite's write-ahead log",
          {.hint = "Keep the mirror on a local file system."});
  }
  sqlite::Transaction transaction(database);
  // Another process may have been first.
  if (inspect(database) != FileState::empty) return;
  create_bookkeeping(database);
  // The columns of no plays: there is nothing to build.
  meta::write(database, meta::kColumnsBuilt, std::int64_t{1});
  for (const TableLayout& layout : record_layouts()) {
    database.execute(create_table_sql(layout));
    create_index(database, layout);
    database.prepare("INSERT INTO playmirror_tables (name) VALUES (?)").bind_all(layout.name).run();
    std::int64_t position = 0;
    for (const ColumnLayout& column : layout.columns) {
      database
          .prepare(
              "INSERT INTO playmirror_columns (table_name, position, name, server_type) "
              "VALUES (?, ?, ?, ?)")
          .bind_all(layout.name, ++position, column.name, column.server_type)
          .run();
    }
  }
  digest::accept_books(database);
  database.execute("PRAGMA application_id=" + std::to_string(kApplicationId));
  database.execute("PRAGMA user_version=" + std::to_string(kFormatVersion));
  transaction.commit();
}

void upgrade(sqlite::Database& database) {
  sqlite::Transaction transaction(database);
  if (inspect(database) != FileState::older) return;
  const std::int64_t version = database.query_int("PRAGMA user_version");
  if (version < 1) {
    raise(ErrorCode::not_a_mirror, "the mirror has no known format",
          {.hint = "Choose another file."});
  }
  if (version < 2) {
    // Lists of exclusions; the plays as columns too, which are built behind the upgrade; and
    // digests, which the next pull makes.
    database.execute(kExclusions);
    database.execute(kColumns);
    database.execute(kDigests);
  }
  if (version < 3) outbox::renew_identities(database);
  if (version < 4) {
    // Pushes and handles note their rows in runs.
    database.execute(kOffered);
    database.execute(kNoteInRuns);
  }
  if (version < 5) {
    // The bookkeeping is checked, and so are odd values; what is there counts as what was written.
    database.execute(kChecks);
    digest::add_digests_of_odd_values(database);
    digest::accept_books(database);
  }
  database.execute("PRAGMA user_version=" + std::to_string(kFormatVersion));
  transaction.commit();
}

}  // namespace playmirror::schema
