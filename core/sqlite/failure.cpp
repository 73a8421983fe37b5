#include "core/sqlite/failure.hpp"

#include <playmirror/error.hpp>

#include <new>
#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

struct Meaning {
  ErrorCode code;
  const char* hint;
  bool retryable;
};

Meaning meaning_of(int result) {
  switch (result & 0xff) {
    case SQLITE_FULL:
      return {ErrorCode::storage_full, "Free some space on the disk, then try again.", true};
    case SQLITE_IOERR:
    case SQLITE_CANTOPEN:
    case SQLITE_READONLY:
    case SQLITE_PERM:
    case SQLITE_AUTH:
      return {ErrorCode::storage_failed,
              "Check that the file and its directory can be read and written.", false};
    case SQLITE_CORRUPT:
      return {ErrorCode::damaged,
              "Server.repair() puts it right, and Mirror.salvage() when it cannot be opened; keep "
              "the file, it may hold unsent rows.",
              false};
    case SQLITE_NOTADB:
      return {ErrorCode::not_a_mirror,
              "This is not a SQLite database: choose another file. If it was a mirror, "
              "Mirror.salvage() sets it aside and saves what was recorded in it.",
              false};
    case SQLITE_BUSY:
    case SQLITE_LOCKED:
      return {ErrorCode::busy, "Another program holds the file; try again when it is done.", true};
    case SQLITE_TOOBIG:
      return {ErrorCode::value_too_large, "SQLite cannot hold a value of this size.", false};
    case SQLITE_INTERRUPT:
      return {ErrorCode::query_limit, "Ask for less, or allow more time.", false};
    default:
      return {ErrorCode::internal, "", false};
  }
}

}  // namespace

void fail(int result, sqlite3* database, const std::string& doing) {
  if ((result & 0xff) == SQLITE_NOMEM) throw std::bad_alloc();
  const auto [code, hint, retryable] = meaning_of(result);
  const char* reason = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
  raise(code, "could not " + doing + ": " + reason, {.hint = hint, .retryable = retryable});
}

void check(int result, sqlite3* database, const char* doing) {
  if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) {
    fail(result, database, doing);
  }
}

}  // namespace playmirror::sqlite
