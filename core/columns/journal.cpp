#include "core/columns/journal.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/play_follower.hpp"
#include "core/columns/rebuild.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <charconv>
#include <vector>

namespace playmirror::columns {
namespace {

/// What an update hook does not tell: the key that a row had before, and rows without a rowid. They
/// live in the connection alone; the file gets no trigger.
constexpr const char* kTriggers = R"sql(
CREATE TEMP TRIGGER IF NOT EXISTS playmirror_play_renumbered AFTER UPDATE OF id ON main.play_history
BEGIN SELECT playmirror_note('play', OLD.id); END;
CREATE TEMP TRIGGER IF NOT EXISTS playmirror_track_gone AFTER DELETE ON main.tracks
BEGIN SELECT playmirror_note('track', OLD.id); END;
CREATE TEMP TRIGGER IF NOT EXISTS playmirror_artist_gone AFTER DELETE ON main.artists
BEGIN SELECT playmirror_note('artist', OLD.id); END;
CREATE TEMP TRIGGER IF NOT EXISTS playmirror_credit_new AFTER INSERT ON main.track_artists
BEGIN SELECT playmirror_note('track', NEW.track_id); END;
CREATE TEMP TRIGGER IF NOT EXISTS playmirror_credit_gone AFTER DELETE ON main.track_artists
BEGIN SELECT playmirror_note('track', OLD.track_id); END;
)sql";

constexpr const char* kNoTriggers = R"sql(
DROP TRIGGER IF EXISTS temp.playmirror_play_renumbered;
DROP TRIGGER IF EXISTS temp.playmirror_track_gone;
DROP TRIGGER IF EXISTS temp.playmirror_artist_gone;
DROP TRIGGER IF EXISTS temp.playmirror_credit_new;
DROP TRIGGER IF EXISTS temp.playmirror_credit_gone;
)sql";

/// The ids of changed rows that are still there.
template <typename Use>
void for_each_id(sqlite::Database& database, const char* table,
                 const std::unordered_set<std::int64_t>& rows, const Use& use) {
  if (rows.empty()) return;
  auto row = database.prepare(std::string("SELECT id FROM ") + table + " WHERE rowid = ?");
  std::vector<std::int64_t> in_order(rows.begin(), rows.end());
  std::ranges::sort(in_order);
  for (const std::int64_t rowid : in_order) {
    row.bind(0, rowid);
    std::string id;
    const bool found = row.step();
    if (found) id = row.text(0);
    row.reset();
    if (found) use(id);
  }
}

}  // namespace

Journal::Journal(sqlite::Database& database)
    : database_(database),
      watch_(
          database,
          [this](sqlite::RowChange change, std::string_view table, std::int64_t rowid) {
            if (active_) noted([&] { note_row(change, table, rowid); });
          },
          [this](std::string_view what, std::string_view key) {
            if (active_) noted([&] { note_key(what, key); });
          }) {}

template <typename Note>
void Journal::noted(const Note& note) noexcept {
  // No exception may cross SQLite's frames: it is thrown when the transaction settles.
  try {
    note();
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Journal::begin() {
  failure_ = nullptr;
  plays_.clear();
  track_rows_.clear();
  artist_rows_.clear();
  track_ids_.clear();
  artist_ids_.clear();
  active_ = read_column_state(database_).built;
  tracks_are_filled_ = active_ && database_.query_int(
                                      "SELECT state = 'filling' FROM playmirror_tables "
                                      "WHERE name = 'tracks'") != 0;
  if (active_ != keys_watched_) watch_keys(active_);
}

void Journal::watch_keys(bool watched) {
  // A trigger makes its statement keep copies of the pages that it changes: not for rows in bulk.
  database_.execute(watched ? kTriggers : kNoTriggers);
  keys_watched_ = watched;
}

void Journal::note_row(sqlite::RowChange change, std::string_view table, std::int64_t rowid) {
  if (table == "play_history") {
    plays_.try_emplace(rowid, change != sqlite::RowChange::inserted);
  } else if (change != sqlite::RowChange::deleted) {
    const bool filled = tracks_are_filled_ && change == sqlite::RowChange::updated;
    if (table == "tracks" && !filled) track_rows_.insert(rowid);
    if (table == "artists") artist_rows_.insert(rowid);
  }
}

void Journal::note_key(std::string_view what, std::string_view key) {
  if (what == "track") {
    track_ids_.emplace(key);
  } else if (what == "artist") {
    artist_ids_.emplace(key);
  } else {
    std::int64_t id = 0;
    std::from_chars(key.data(), key.data() + key.size(), id);
    plays_.try_emplace(id, true);
  }
}

void Journal::settle() {
  if (failure_) std::rethrow_exception(failure_);
  if (!active_) return;
  // The transaction itself may have given the columns up, or built them.
  active_ = read_column_state(database_).built;
  try {
    if (active_) follow();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    drop(database_);
  }
  active_ = false;
}

void Journal::follow() {
  if (plays_.empty() && track_rows_.empty() && artist_rows_.empty() && track_ids_.empty() &&
      artist_ids_.empty()) {
    return;
  }
  ColumnState state = read_column_state(database_);
  CodeUpdater codes(database_);
  for_each_id(database_, "artists", artist_rows_,
              [&](const std::string& id) { codes.refresh_artist(id); });
  for (const std::string& id : artist_ids_) codes.refresh_artist(id);
  for_each_id(database_, "tracks", track_rows_,
              [&](const std::string& id) { codes.refresh_track(id); });
  for (const std::string& id : track_ids_) codes.refresh_track(id);
  if (follow_plays(database_, codes, plays_)) ++state.plays;
  if (codes.changed_tracks()) ++state.tracks;
  if (codes.changed_artists()) ++state.artists;
  if (codes.changed_texts()) ++state.texts;
  write_column_state(database_, state);
}

}  // namespace playmirror::columns
