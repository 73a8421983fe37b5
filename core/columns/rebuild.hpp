#pragma once

#include "core/sqlite/database.hpp"

/// Building the columns from the rows. Inside the caller's transaction, under the writer lock.
namespace playmirror::columns {

/// Gives the columns up: until they are built again, readers read the rows, and writers keep
/// nothing in step. For the time in which rows are loaded in bulk.
void drop(sqlite::Database& database);

/// Builds all of them from the rows. Memory does not grow with the number of plays. Does nothing
/// while `play_history` is being copied for the first time: its rows are to come.
void rebuild(sqlite::Database& database);

/// From here on writers keep the columns in step: all of them have just been written.
void mark_built(sqlite::Database& database);

/// rebuild(), or drop() when the rows hold a time that is none.
void rebuild_or_drop(sqlite::Database& database);

/// Whether rebuild() would have something to do.
[[nodiscard]] bool needs_rebuild(const sqlite::Database& database);

}  // namespace playmirror::columns
