#pragma once

#include "core/sqlite/database.hpp"

#include <playmirror/mirror.hpp>

#include <initializer_list>

namespace playmirror::test {

/// Makes a closed mirror of the present format one of format 4, with what is in it.
inline constexpr const char* kMakeFormat4 = R"sql(
  DROP TABLE playmirror_checks;
  DELETE FROM playmirror_digests WHERE table_name = 'playmirror_odd_values';
  PRAGMA user_version = 4;
)sql";

/// Makes one of format 4 one of format 3.
inline constexpr const char* kMakeFormat3 = R"sql(
  ALTER TABLE playmirror_outbox RENAME TO present;
  DROP INDEX playmirror_outbox_row_id;
  CREATE TABLE playmirror_outbox (
    entry            INTEGER PRIMARY KEY AUTOINCREMENT,
    table_name       TEXT NOT NULL,
    identity         TEXT NOT NULL,
    row_id           INTEGER NOT NULL DEFAULT 0,
    recorded_at      TEXT NOT NULL,
    image            BLOB NOT NULL,
    checksum         INTEGER NOT NULL,
    state            TEXT NOT NULL DEFAULT 'queued'
                     CHECK (state IN ('queued', 'in_doubt', 'waiting', 'rejected')),
    attempts         INTEGER NOT NULL DEFAULT 0,
    sqlstate         TEXT NOT NULL DEFAULT '',
    constraint_name  TEXT NOT NULL DEFAULT '',
    message          TEXT NOT NULL DEFAULT '',
    push             INTEGER,
    offered_id       INTEGER,
    UNIQUE (table_name, identity)
  ) STRICT;
  CREATE INDEX playmirror_outbox_row_id ON playmirror_outbox (table_name, row_id);
  INSERT INTO playmirror_outbox SELECT entry, table_name, identity, row_id, recorded_at, image,
    checksum, state, attempts, sqlstate, constraint_name, message, NULL, offered_id FROM present;
  DROP TABLE present;
  UPDATE playmirror_outbox SET state = 'in_doubt', push = f.push, attempts = attempts + 1,
    offered_id = f.server_id + (playmirror_outbox.entry - f.entry) FROM playmirror_offered f
    WHERE playmirror_outbox.entry BETWEEN f.entry AND f.entry + f.rows - 1;
  DROP TABLE playmirror_offered;
  WITH RECURSIVE each (table_name, provisional_id, server_id, rows) AS (
    SELECT table_name, provisional_id, server_id, rows FROM playmirror_delivered
    UNION ALL
    SELECT table_name, provisional_id - 1, server_id + 1, rows - 1 FROM each WHERE rows > 1)
  INSERT OR IGNORE INTO playmirror_delivered (table_name, provisional_id, server_id)
    SELECT table_name, provisional_id, server_id FROM each;
  ALTER TABLE playmirror_delivered DROP COLUMN rows;
  PRAGMA user_version = 3;
)sql";

/// Closes the mirror, makes an older file of it by these, and opens it again.
inline void reopen_as(Mirror& mirror, std::initializer_list<const char*> statements) {
  const auto path = mirror.path();
  mirror.close();
  {
    auto database = sqlite::Database::open(path, sqlite::OpenMode::read_write);
    for (const char* sql : statements) database.execute(sql);
  }
  mirror = Mirror::open(path);
}

}  // namespace playmirror::test
