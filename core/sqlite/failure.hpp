#pragma once

#include <string>

struct sqlite3;

namespace playmirror::sqlite {

/// Throws the Error that a SQLite result code stands for. `doing` completes "could not ...".
[[noreturn]] void fail(int result, sqlite3* database, const std::string& doing);

/// fail() unless the code is SQLITE_OK, SQLITE_ROW or SQLITE_DONE.
void check(int result, sqlite3* database, const char* doing);

}  // namespace playmirror::sqlite
