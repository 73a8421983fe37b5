/// Mirror::sql().

#include "core/query/moment.hpp"
#include "core/query/sql_columns.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/fence.hpp"
#include "core/sqlite/time_function.hpp"
#include "core/sqlite/watched.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <algorithm>
#include <utility>

namespace playmirror {
namespace {

using query::Moment;
using query::SqlResult;

/// The longest text, blob or sorted row that a statement may make, unless the mirror itself holds
/// longer ones.
constexpr std::int64_t kValueBytes = 16 << 20;

/// SQLite's own upper limit.
constexpr std::int64_t kLargestValueBytes = 1'000'000'000;

/// Memory of one result: about eight million plays with all their columns.
constexpr std::int64_t kResultBytes = std::int64_t{1} << 30;

/// A longer timeout means none, and would overflow the clock.
constexpr std::chrono::milliseconds kLongestTimeout = std::chrono::hours(24 * 365);

/// Bytes of the longest row of the mirrored tables. Reads all of them.
std::int64_t longest_row(sqlite::Database& database, CallWatch& watch) {
  std::int64_t longest = 0;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    auto columns = database.prepare("SELECT name FROM pragma_table_info(?)");
    columns.bind(0, layout.name);
    std::string sum = "0";
    while (columns.step()) {
      sum += " + ifnull(length(CAST(" + sqlite::quoted(columns.text(0)) + " AS BLOB)), 0)";
    }
    longest = std::max(
        longest, sqlite::watched(database, watch, [&] {
          return database.query_int("SELECT max(" + sum + ") FROM " + sqlite::quoted(layout.name));
        }));
  }
  return longest;
}

}  // namespace

Table Mirror::sql(std::string_view query, const std::vector<Value>& parameters,
                  const SqlOptions& options, const CallControl& control) const {
  if (options.max_rows < 0) {
    raise(ErrorCode::invalid_argument, "max_rows is negative", {.hint = "Pass 0 for all rows."});
  }
  if (options.timeout <= std::chrono::milliseconds(0)) {
    raise(ErrorCode::invalid_argument, "the timeout leaves no time",
          {.hint = "Give how long the statement may run, such as a minute."});
  }
  const Moment moment(*state());  // the rows, and the types that the server declares
  sqlite::Database& database = moment.database();
  sqlite::add_time_function(database);
  const auto timeout = std::min(options.timeout, kLongestTimeout);
  sqlite::FenceLimits limits{
      .deadline = std::chrono::steady_clock::now() + timeout,
      .value_bytes = static_cast<int>(kValueBytes),
      .result_rows = options.max_rows,
      .result_bytes = kResultBytes,
  };
  CallWatch watch(control);
  watch.progress({.phase = "query"}, true);
  SqlResult result(database);
  try {
    sqlite::run_fenced(database, query, parameters, limits, result, watch);
    return std::move(result).finish();
  } catch (const sqlite::ValueTooLarge&) {
    // What the person mirrored can be read whatever its size; nothing else may grow like that.
    // Twice the longest row: a join may sort two of them as one.
    const std::int64_t longest = longest_row(database, watch);
    if (longest <= kValueBytes / 2) throw;
    limits.value_bytes = static_cast<int>(std::min(kValueBytes + 2 * longest, kLargestValueBytes));
  }
  sqlite::run_fenced(database, query, parameters, limits, result, watch);
  return std::move(result).finish();
}

}  // namespace playmirror
