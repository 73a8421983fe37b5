#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>

/// playmirror's own tables in the mirror file, their creation and their upgrades. What each column
/// means is told in docs/cache-format.md.
namespace playmirror::schema {

/// SQLite's application_id of a mirror file: the bytes "PlMi".
constexpr std::int64_t kApplicationId = 0x506c4d69;

/// SQLite's user_version: raised by one for each change of the format.
constexpr std::int64_t kFormatVersion = 5;

/// The tables beside the mirrored ones, all of them empty.
void create_bookkeeping(sqlite::Database& database);

/// Makes an empty file a mirror: bookkeeping, the mirrored tables as the typed records need them,
/// and the write-ahead log. Call under the writer lock.
void create(sqlite::Database& database);

/// Brings an older format to the present one, in one transaction. Call under the writer lock.
void upgrade(sqlite::Database& database);

enum class FileState {
  empty,    ///< a new file, to be created
  current,  ///< this version's format
  older,    ///< to be upgraded
};

/// Throws MirrorUnusable when the file is something else or newer than this library.
[[nodiscard]] FileState inspect(const sqlite::Database& database);

}  // namespace playmirror::schema
