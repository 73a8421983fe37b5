#include "core/outbox/needs.hpp"

namespace playmirror::outbox {
namespace {

/// The entry that holds back a play or a track, because the row it refers to is recorded here and
/// stuck itself; 0 when there is none.
std::int64_t stuck_parent(const sqlite::Database& database, const PendingEntry& entry) {
  const bool play = entry.table == "play_history";
  auto parent = database.prepare(
      play ? "SELECT o.entry FROM play_history p JOIN playmirror_outbox o ON o.table_name = "
             "'tracks' AND o.identity = p.track_id WHERE p.id = ? AND o.state IN ('waiting', "
             "'rejected')"
           : "SELECT o.entry FROM track_artists l JOIN playmirror_outbox o ON o.table_name = "
             "'artists' AND o.identity = l.artist_id WHERE l.track_id = ? AND o.state IN "
             "('waiting', 'rejected')");
  if (play) {
    parent.bind(0, entry.row_id);
  } else {
    parent.bind(0, entry.key);
  }
  return parent.step() ? parent.integer(0) : 0;
}

std::string needs_of_waiting(const sqlite::Database& database, const PendingEntry& entry) {
  if (entry.sqlstate == "23503") {
    if (const std::int64_t parent = stuck_parent(database, entry); parent != 0) {
      return "Entry " + std::to_string(parent) +
             ", which it refers to, has to be sent first: see there.";
    }
    return "The row that it refers to has to be on the server; then the next push sends it. "
           "discard() it if that will not be.";
  }
  if (entry.sqlstate == "42501") return "Have the GRANT run; then the next push sends it.";
  if (entry.sqlstate == "42P01" || entry.sqlstate == "42703") {
    return "Run the backend's migrations, or upgrade playmirror if they took it away; then the "
           "next push sends it.";
  }
  if (entry.sqlstate == "23502") {
    return "Give the column a default on the server, or upgrade playmirror; then the next push "
           "sends it.";
  }
  if (entry.sqlstate == "23505") {
    return "The server's sequence gave an id that is taken. Each push brings it on; setval() on "
           "the "
           "server does at once.";
  }
  if (entry.sqlstate.starts_with("42") || entry.sqlstate.starts_with("0A") ||
      entry.sqlstate == "2200H" || entry.sqlstate == "55000") {
    return "Have the table put right on the server; then the next push sends it.";
  }
  return "The next push tries it again.";
}

}  // namespace

std::string needs(const sqlite::Database& database, const PendingEntry& entry) {
  switch (entry.state) {
    case PendingState::queued:
      return "The next push sends it.";
    case PendingState::in_doubt:
      return "The next push finds out whether the server has it.";
    case PendingState::waiting:
      return needs_of_waiting(database, entry);
    case PendingState::rejected:
      break;
  }
  return "Change what the server objects to, then retry() it; or discard() it.";
}

}  // namespace playmirror::outbox
