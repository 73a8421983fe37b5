#include "core/columns/row_source.hpp"

#include "core/columns/column_codec.hpp"
#include "core/sqlite/time_function.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <string>
#include <vector>

namespace playmirror::columns {
namespace {

/// From 1970 to 2000.
constexpr std::int64_t kEpochDistance = 946'684'800'000'000;

constexpr const char* kSelect =
    "SELECT id, played_at, track_id, listened_ms, skipped, source, context_uri FROM play_history ";
constexpr const char* kSelectFrom =
    "SELECT id, played_at, track_id, listened_ms, skipped, source, context_uri FROM play_history "
    "WHERE id >= ? ORDER BY id";

/// Two walks along the index: SQLite puts NULL first, and would sort everything to put it last.
sqlite::Statement select(sqlite::Database& database, const char* condition) {
  const bool odd_times =
      database.query_int("SELECT odd_times FROM playmirror_tables WHERE name = 'play_history'") !=
      0;
  if (odd_times) sqlite::add_time_function(database);
  const std::string instant =
      odd_times ? std::string(sqlite::kTimeFunction) + "(played_at)" : "played_at";
  return database.prepare(std::string(kSelect) + condition + " ORDER BY " + instant + ", id");
}

/// All but the codes, from a row of kSelect.
PlayRow without_codes(const sqlite::Statement& row) {
  PlayRow play;
  play.key.id = row.integer(0);
  play.key.played_at = instant_of(row, 1, play.key.id);
  if (!row.is_null(3)) play.listened_ms = row.integer(3);
  if (!row.is_null(4)) play.skipped = row.integer(4) != 0 ? kSkipped : kNotSkipped;
  return play;
}

PlayRow read_row(const sqlite::Statement& row, CodeBook& book) {
  PlayRow play = without_codes(row);
  if (!row.is_null(2)) play.track = book.tracks.code_for(row.text(2));
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
  return instant_of(*micros);
}

std::int64_t instant_of(std::int64_t postgres_micros) noexcept {
  if (postgres_micros == kPostgresNegativeInfinity) return kNegativeInfinity;
  if (postgres_micros == kPostgresInfinity) return kInfinity;
  std::int64_t instant = 0;
  if (__builtin_add_overflow(postgres_micros, kEpochDistance, &instant)) return kLastInstant;
  return std::min(instant, kLastInstant);
}

PlayReader::PlayReader(sqlite::Database& database, CodeBook& book)
    : book_(book),
      timed_(select(database, "WHERE played_at >= ''")),
      timeless_(select(database, "WHERE played_at IS NULL")) {}

bool PlayReader::next(PlayRow& play) {
  if (!timed_done_) {
    if (timed_.step()) {
      play = read_row(timed_, book_);
      return true;
    }
    timed_done_ = true;
  }
  if (!timeless_.step()) return false;
  play = read_row(timeless_, book_);
  return true;
}

PlayWalk::PlayWalk(const sqlite::Database& database, CodeUpdater& codes)
    : codes_(codes), row_(database.kept(kSelectFrom)) {}

std::optional<PlayRow> PlayWalk::read(std::int64_t id) {
  // The next one is mostly what is asked for next: to step there costs less than to search.
  if (at_ && *at_ < id && *at_ == id - 1 && row_->step()) {
    at_ = row_->integer(0);
  } else {
    row_->reset();
    row_->bind(0, id);
    at_.reset();
    if (row_->step()) at_ = row_->integer(0);
  }
  if (at_ != id) return std::nullopt;
  PlayRow play = without_codes(*row_);
  if (!row_->is_null(2)) play.track = codes_.track(row_->text(2));
  if (!row_->is_null(5)) play.source = codes_.source(row_->text(5));
  if (!row_->is_null(6)) play.context = codes_.context(row_->text(6));
  return play;
}

bool any_unsealed(const sqlite::Database& database) {
  return database.kept_int("SELECT EXISTS (SELECT 1 FROM playmirror_unsealed)") != 0;
}

std::vector<PlayRow> read_unsealed(const sqlite::Database& database) {
  // Often there are none, and the statement below is a long one.
  if (!any_unsealed(database)) return {};
  const auto row = database.kept(
      "SELECT p.id, p.played_at, p.listened_ms, p.skipped, t.code, s.code, c.code, "
      "(p.track_id IS NULL) <> (t.code IS NULL) OR (p.source IS NULL) <> (s.code IS NULL) "
      "OR (p.context_uri IS NULL) <> (c.code IS NULL) "
      "FROM playmirror_unsealed AS u CROSS JOIN play_history AS p ON p.id = u.id "
      "LEFT JOIN playmirror_track_codes AS t ON t.id = p.track_id "
      "LEFT JOIN playmirror_source_codes AS s ON s.id = p.source "
      "LEFT JOIN playmirror_context_codes AS c ON c.id = p.context_uri");
  const auto code = [&](int column) { return static_cast<std::uint32_t>(row->integer(column)); };
  std::vector<PlayRow> rows;
  while (row->step()) {
    PlayRow& play = rows.emplace_back();
    play.key = {instant_of(*row, 1, row->integer(0)), row->integer(0)};
    if (!row->is_null(2)) play.listened_ms = row->integer(2);
    if (!row->is_null(3)) play.skipped = row->integer(3) != 0 ? kSkipped : kNotSkipped;
    play.track = code(4);
    play.source = code(5);
    play.context = code(6);
    if (row->integer(7) != 0) {
      refuse_damaged("play " + std::to_string(play.key.id) + " has no code in the columns");
    }
  }
  return rows;
}

PlayArrays in_order(std::vector<PlayRow> plays) {
  std::ranges::sort(plays, {}, &PlayRow::key);
  PlayArrays arrays;
  arrays.reserve(plays.size());
  for (const PlayRow& play : plays) arrays.add(play);
  return arrays;
}

}  // namespace playmirror::columns
