#include "core/sqlite/failure.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <new>
#include <sqlite3.h>
#include <string_view>

namespace playmirror::sqlite {
namespace {

struct Meaning {
  ErrorCode code;
  const char* hint;
  bool retryable;
};

/// A statement of ours names what the file does not have, or has already: its tables are not those
/// that playmirror made.
bool is_about_tables(int result, std::string_view reason) {
  constexpr std::array kSaid = {"no such table",        "no such column", "no such index",
                                "has no column named",  "already exists", "because it is a view",
                                "duplicate column name"};
  return (result & 0xff) == SQLITE_ERROR && std::ranges::any_of(kSaid, [&](const char* said) {
           return reason.find(said) != std::string_view::npos;
         });
}

Meaning meaning_of(int result, std::string_view reason) {
  if (is_about_tables(result, reason)) result = SQLITE_CORRUPT;
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
    case SQLITE_CONSTRAINT:
      return {ErrorCode::damaged,
              "The file has an index, or another rule, that playmirror did not make: drop it. "
              "Mirror.salvage() leaves it behind.",
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
  const char* reason = database != nullptr ? sqlite3_errmsg(database) : sqlite3_errstr(result);
  const auto [code, hint, retryable] = meaning_of(result, reason);
  std::string message = "could not " + doing + ": " + reason;
  // Where nobody can say in whose file it was, SQLite does.
  const char* file = database != nullptr ? sqlite3_db_filename(database, "main") : nullptr;
  const bool is_of_file = (result & 0xff) == SQLITE_NOTADB || (result & 0xff) == SQLITE_CANTOPEN;
  if (is_of_file && file != nullptr && message.find(file) == std::string::npos) {
    message += std::string(" (") + file + ')';
  }
  raise(code, message, {.hint = hint, .retryable = retryable});
}

void check(int result, sqlite3* database, const char* doing) {
  if (result != SQLITE_OK && result != SQLITE_ROW && result != SQLITE_DONE) {
    fail(result, database, doing);
  }
}

}  // namespace playmirror::sqlite
