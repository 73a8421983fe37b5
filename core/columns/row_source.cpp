#include "core/columns/row_source.hpp"

#include "core/sqlite/time_function.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <string>

namespace playmirror::columns {
namespace {

/// From 1970 to 2000.
constexpr std::int64_t kEpochDistance = 946'684'800'000'000;

constexpr const char* kSelect =
    "SELECT id, played_at, track_id, listened_ms, skipped, source, context_uri FROM play_history ";

PlayRow read_row(const sqlite::Statement& row, CodeBook& book) {
  PlayRow play;
  play.key.id = row.integer(0);
  play.key.played_at = instant_of(row, 1, play.key.id);
  if (!row.is_null(2)) play.track = book.tracks.code_for(row.text(2));
  if (!row.is_null(3)) play.listened_ms = row.integer(3);
  if (!row.is_null(4)) play.skipped = row.integer(4) != 0 ? kSkipped : kNotSkipped;
  if (!row.is_null(5)) play.source = book.sources.code_for(row.text(5));
  if (!row.is_null(6)) play.context = book.contexts.code_for(row.text(6));
  return play;
}

}  // namespace

std::int64_t instant_of(const sqlite::Statement& row, int column, std::int64_t id) {
  if (row.is_null(column)) return kNoTime;
  const auto micros = parse_postgres(row.text(column));
  if (!micros) {
    raise(ErrorCode::damaged,
          "played_at of play " + std::to_string(id) + " holds \"" +
              std::string(row.text(column).substr(0, 60)) + "\", which is not a timestamp",
          {.hint =
               "Something else wrote to the mirror; verify() against the server finds all of it."});
  }
  if (*micros == kPostgresNegativeInfinity) return kNegativeInfinity;
  if (*micros == kPostgresInfinity) return kInfinity;
  std::int64_t instant = 0;
  if (__builtin_add_overflow(*micros, kEpochDistance, &instant)) return kLastInstant;
  return std::min(instant, kLastInstant);
}

void read_plays(sqlite::Database& database, CodeBook& book,
                const std::function<void(const PlayRow&)>& use) {
  const bool odd_times =
      database.query_int("SELECT odd_times FROM playmirror_tables WHERE name = 'play_history'") !=
      0;
  if (odd_times) sqlite::add_time_function(database);
  const std::string instant =
      odd_times ? std::string(sqlite::kTimeFunction) + "(played_at)" : "played_at";
  // Two walks along the index: SQLite puts NULL first, and would sort everything to put it last.
  for (const char* part :
       {"WHERE played_at >= '' ORDER BY ", "WHERE played_at IS NULL ORDER BY "}) {
    auto row = database.prepare(kSelect + (part + instant) + ", id");
    while (row.step()) use(read_row(row, book));
  }
}

}  // namespace playmirror::columns
