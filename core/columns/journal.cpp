#include "core/columns/journal.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/play_follower.hpp"
#include "core/columns/rebuild.hpp"

#include <playmirror/error.hpp>

namespace playmirror::columns {
namespace {

/// Where each of these tables has the id of the record that it is about.
constexpr int kIdColumn = 0;

}  // namespace

Journal::Journal(sqlite::Database& database, sqlite::ChangeWatch& watch)
    : database_(database), watch_(watch) {}

void Journal::on_change(const sqlite::RowChange& change) noexcept {
  // No exception may cross SQLite's frames: it is thrown when the transaction settles.
  try {
    note(change);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void Journal::begin() {
  failure_ = nullptr;
  plays_.clear();
  track_ids_.clear();
  artist_ids_.clear();
  active_ = read_column_state(database_).built;
  tracks_are_filled_ = active_ && database_.query_int(
                                      "SELECT state = 'filling' FROM playmirror_tables "
                                      "WHERE name = 'tracks'") != 0;
  watch_.tell(*this, active_);
}

void Journal::note(const sqlite::RowChange& change) {
  const bool is_new = change.kind == sqlite::RowChange::Kind::inserted;
  const bool is_gone = change.kind == sqlite::RowChange::Kind::deleted;
  if (change.table == "play_history") {
    if (!is_new) plays_.try_emplace(change.rowid_before, true);
    // Where a row gets a new number, no other has it: one that had was deleted before.
    const bool was_there = !is_new && change.rowid_before == change.rowid_after;
    if (!is_gone) plays_.try_emplace(change.rowid_after, was_there);
  } else if (change.table == "tracks") {
    const bool filled = tracks_are_filled_ && change.kind == sqlite::RowChange::Kind::updated;
    if (is_gone) track_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone && !filled) track_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  } else if (change.table == "artists") {
    if (is_gone) artist_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone) artist_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  } else if (change.table == "track_artists") {
    if (!is_new) track_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone) track_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  }
}

void Journal::settle() {
  if (!active_) return;
  if (failure_) std::rethrow_exception(failure_);
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
  if (plays_.empty() && track_ids_.empty() && artist_ids_.empty()) return;
  ColumnState state = read_column_state(database_);
  CodeUpdater codes(database_);
  for (const std::string& id : artist_ids_) codes.refresh_artist(id);
  for (const std::string& id : track_ids_) codes.refresh_track(id);
  if (follow_plays(database_, codes, plays_)) ++state.plays;
  if (codes.changed_tracks()) ++state.tracks;
  if (codes.changed_artists()) ++state.artists;
  if (codes.changed_texts()) ++state.texts;
  write_column_state(database_, state);
}

}  // namespace playmirror::columns
