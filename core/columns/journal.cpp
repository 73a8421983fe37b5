#include "core/columns/journal.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/play_follower.hpp"
#include "core/columns/rebuild.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <utility>

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
  plays_ = {};
  renumbered_back_.clear();
  track_ids_.clear();
  artist_ids_.clear();
  catalogue_changed_ = false;
  active_ = read_column_state(database_).built;
  const auto filled =
      database_.kept("SELECT state = 'filling' FROM playmirror_tables WHERE name = 'tracks'");
  tracks_are_filled_ = active_ && filled->step() && filled->integer(0) != 0;
  watch_.tell(*this, active_);
}

void Journal::note(const sqlite::RowChange& change) {
  const bool is_new = change.kind == sqlite::RowChange::Kind::inserted;
  const bool is_gone = change.kind == sqlite::RowChange::Kind::deleted;
  if (change.table == "play_history") {
    note_play(change);
  } else if (change.table == "tracks") {
    catalogue_changed_ = true;
    const bool filled = tracks_are_filled_ && change.kind == sqlite::RowChange::Kind::updated;
    if (is_gone) track_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone && !filled) track_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  } else if (change.table == "artists") {
    catalogue_changed_ = true;
    if (is_gone) artist_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone) artist_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  } else if (change.table == "track_artists") {
    catalogue_changed_ = true;
    if (!is_new) track_ids_.emplace(sqlite::text_of(change.before(kIdColumn)));
    if (!is_gone) track_ids_.emplace(sqlite::text_of(change.after(kIdColumn)));
  }
}

void Journal::note_play(const sqlite::RowChange& change) {
  const bool is_new = change.kind == sqlite::RowChange::Kind::inserted;
  const bool is_gone = change.kind == sqlite::RowChange::Kind::deleted;
  const std::int64_t from = change.rowid_before;
  const std::int64_t to = change.rowid_after;
  auto& [ids, renumbered] = plays_;
  if (!is_new) forget_renumbering(from);
  if (!is_gone) forget_renumbering(to);
  const bool only_renumbered = !is_new && !is_gone && from != to && !ids.contains(from) &&
                               !ids.contains(to) && change.keeps_all_but(kIdColumn);
  if (only_renumbered) {
    renumbered.emplace(from, to);
    renumbered_back_.emplace(to, from);
    return;
  }
  if (!is_new) ids.try_emplace(from, true);
  // Where a row gets a new number, no other has it: one that had was deleted before.
  const bool was_there = !is_new && from == to;
  if (!is_gone) ids.try_emplace(to, was_there);
}

void Journal::forget_renumbering(std::int64_t id) {
  if (plays_.renumbered.empty()) return;
  const auto as_new = renumbered_back_.find(id);
  const std::int64_t from = as_new != renumbered_back_.end() ? as_new->second : id;
  const auto known = plays_.renumbered.find(from);
  if (known == plays_.renumbered.end()) return;
  plays_.ids.try_emplace(from, true);
  plays_.ids.try_emplace(known->second, false);
  renumbered_back_.erase(known->second);
  plays_.renumbered.erase(known);
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
  if (plays_.ids.empty() && plays_.renumbered.empty() && !catalogue_changed_) return;
  ColumnState state = read_column_state(database_);
  CodeUpdater codes(database_);
  for (const std::string& id : artist_ids_) codes.refresh_artist(id);
  for (const std::string& id : track_ids_) codes.refresh_track(id);
  if (follow_plays(database_, codes, std::move(plays_))) ++state.plays;
  if (codes.changed_tracks()) ++state.tracks;
  if (codes.changed_artists()) ++state.artists;
  if (codes.changed_texts()) ++state.texts;
  if (catalogue_changed_) ++state.catalogue;
  write_column_state(database_, state);
}

}  // namespace playmirror::columns
