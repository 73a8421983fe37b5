#include "core/sqlite/time_function.hpp"

#include "core/sqlite/failure.hpp"
#include "core/time/postgres_time.hpp"

#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

void micros_of_text(sqlite3_context* context, int, sqlite3_value** arguments) {
  if (sqlite3_value_type(arguments[0]) != SQLITE_TEXT) return;  // the result stays NULL
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_value_text(arguments[0]));
  const auto size = static_cast<std::size_t>(sqlite3_value_bytes(arguments[0]));
  if (const auto micros = parse_postgres({bytes, size})) sqlite3_result_int64(context, *micros);
}

}  // namespace

void add_time_function(Database& database) {
  constexpr int kFlags = SQLITE_UTF8 | SQLITE_DETERMINISTIC | SQLITE_INNOCUOUS;
  check(sqlite3_create_function_v2(database.handle(), kTimeFunction.data(), 1, kFlags, nullptr,
                                   micros_of_text, nullptr, nullptr, nullptr),
        database.handle(), "add a function");
}

}  // namespace playmirror::sqlite
