#include "core/salvage/rescued.hpp"

#include "core/digest/book_checks.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/outbox.hpp"
#include "core/outbox/restore.hpp"
#include "core/salvage/outbox_reading.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>
#include <playmirror/value.hpp>

#include <algorithm>
#include <array>
#include <functional>
#include <limits>

namespace playmirror::salvage {
namespace {

/// Which server the mirror follows: what was recorded is for no other. What it has seen of that one
/// is read anew.
constexpr std::array<std::string_view, 8> kOfServer = {
    meta::kServerName,  meta::kSystemIdentifier, meta::kTimeline,     meta::kDatabase,
    meta::kDatabaseOid, meta::kSchema,           meta::kPlayedAtZone, meta::kHighWater};

/// Reads rows from both ends: a page that cannot be read hides only what is on it, as long as there
/// is one such. False when something could not be read.
bool read_both_ways(const sqlite::Database& database, const std::string& select,
                    const std::string& key,
                    const std::function<void(const sqlite::Statement&)>& use) {
  for (const char* direction : {" ASC", " DESC"}) {
    try {
      auto rows = database.prepare(select + " ORDER BY " + key + direction);
      while (rows.step()) use(rows);
      return direction == std::string_view(" ASC");
    } catch (const Error&) {
      // The other way, or what came so far.
    }
  }
  return false;
}

/// What cannot be asked is taken for a file of the present format.
bool has_table(const sqlite::Database& database, std::string_view name) {
  try {
    auto row = database.prepare("SELECT count(*) FROM sqlite_schema WHERE name = ?");
    row.bind(0, name);
    return !row.step() || row.integer(0) != 0;
  } catch (const Error&) {
    return true;
  }
}

/// What the checks of the bookkeeping say. Where they cannot be read, or a file is older than they
/// are, nothing.
std::vector<digest::BookPart> damaged_books(const sqlite::Database& database) {
  try {
    return digest::damaged_books(database, digest::Books::all);
  } catch (const Error&) {
    return {};
  }
}

bool are_unsure_pushes(const std::vector<digest::BookPart>& damaged) {
  return std::ranges::any_of(damaged, [](const digest::BookPart& part) {
    return part.book == digest::Book::pushes || part.book == digest::Book::offered;
  });
}

bool is_damaged_run(const std::vector<digest::BookPart>& damaged, std::string_view table,
                    const outbox::HandleRun& run) {
  const std::pair<std::string, std::string> known{table, std::to_string(run.first.provisional_id)};
  return std::ranges::any_of(damaged, [&](const digest::BookPart& part) {
    return part.book == digest::Book::delivered && digest::run_of(part) == known;
  });
}

std::optional<std::int64_t> number_or_nothing(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return row.integer(column);
}

}  // namespace

bool Rescued::gather(const sqlite::Database& database) {
  const auto damaged = damaged_books(database);
  // Before format 4 each entry in doubt named its push, and each handle stood by itself.
  const bool in_runs = has_table(database, "playmirror_offered");
  bool whole =
      OutboxReading(database,
                    "SELECT entry, table_name, identity, row_id, recorded_at, image, checksum, "
                    "state, attempts, sqlstate, constraint_name, message, offered_id "
                    "FROM playmirror_outbox",
                    [this](const sqlite::Statement& row) { keep_entry(row); })
          .run();
  whole &= read_both_ways(
      database,
      in_runs ? "SELECT push, entry, rows, server_id FROM playmirror_offered"
              : "SELECT push, entry, 1, coalesce(offered_id, 0) FROM playmirror_outbox "
                "WHERE state = 'in_doubt' AND push IS NOT NULL",
      "entry", [&](const sqlite::Statement& row) {
        if (are_unsure_pushes(damaged)) return;
        offered_.try_emplace({row.integer(0), row.integer(1)},
                             RescuedOffer{row.integer(2), row.integer(3)});
      });
  whole &= read_both_ways(
      database,
      "SELECT push, xid, backend_pid, backend_start, system_identifier, timeline, database, "
      "sent_at FROM playmirror_pushes",
      "push", [&](const sqlite::Statement& row) {
        if (are_unsure_pushes(damaged)) return;
        pushes_.try_emplace(row.integer(0),
                            RescuedPush{row.integer(1), row.integer(2), std::string(row.text(3)),
                                        std::string(row.text(4)), row.integer(5),
                                        std::string(row.text(6)), std::string(row.text(7))});
      });
  bool are_sane = true;
  whole &= read_both_ways(
      database,
      std::string("SELECT table_name, provisional_id, server_id, ") + (in_runs ? "rows" : "1") +
          " FROM playmirror_delivered",
      "table_name", [&](const sqlite::Statement& row) {
        const outbox::HandleRun run{{row.integer(1), row.integer(2)}, row.integer(3)};
        if (!run.is_sane() || is_damaged_run(damaged, row.text(0), run)) {
          are_sane = false;
          return;
        }
        delivered_.try_emplace({std::string(row.text(0)), run.first.provisional_id}, run);
      });
  whole &= read_both_ways(
      database, "SELECT name, kind, id FROM playmirror_exclusions", "name",
      [&](const sqlite::Statement& row) {
        constexpr std::array<std::string_view, 3> kKinds = {"track", "artist", "context"};
        if (std::ranges::find(kKinds, row.text(1)) == kKinds.end()) {
          are_sane = false;  // the new file would not take it
          return;
        }
        exclusions_.emplace(row.text(0), row.text(1), row.text(2));
      });
  whole &= are_sane;
  try {
    given_ids_ = std::max(given_ids_, meta::read_int(database, meta::kProvisionalIds));
    scope_ = ingest::read_scope(database);
    std::map<std::string_view, std::string> server;
    for (const std::string_view fact : kOfServer) {
      if (auto value = meta::read(database, fact)) server.emplace(fact, *std::move(value));
    }
    if (!server.empty()) server_ = std::move(server);
  } catch (const Error&) {
    whole = false;
  }
  return whole;
}

void Rescued::keep_entry(const sqlite::Statement& row) {
  const std::int64_t number = row.integer(0);
  const std::string table(row.text(1));
  const std::string identity(row.text(2));
  RescuedEntry entry{row.integer(3),
                     std::string(row.text(4)),
                     std::string(row.blob(5)),
                     std::string(row.text(7)),
                     row.integer(8),
                     std::string(row.text(9)),
                     std::string(row.text(10)),
                     std::string(row.text(11)),
                     number_or_nothing(row, 12)};
  const bool whole = outbox::checksum(table, identity, entry.row_id, entry.recorded_at,
                                      entry.bytes) == row.integer(6);
  if (!whole && PLAYMIRROR_SAFEGUARD("checksum of saved rows")) {
    damaged_.try_emplace(number, table);
    return;
  }
  if (entries_.try_emplace({table, identity}, std::move(entry)).second) {
    order_.try_emplace(number, table, identity);
  }
}

void Rescued::put(sqlite::Database& database) const {
  for (const auto& [number, push] : pushes_) {
    database
        .prepare(
            "INSERT INTO playmirror_pushes (push, xid, backend_pid, backend_start, "
            "system_identifier, timeline, database, sent_at) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
        .bind_all(number, push.xid, push.backend_pid, push.backend_start, push.system_identifier,
                  push.timeline, push.database, push.sent_at)
        .run();
  }
  for (const auto& [place, offer] : offered_) {
    // A push that is forgotten held the server's lock until it ended, and the look-up of the next
    // one waits for that: to send its rows again is safe.
    if (!pushes_.contains(place.first) && PLAYMIRROR_SAFEGUARD("forgotten pushes")) continue;
    database
        .prepare(
            "INSERT INTO playmirror_offered (push, entry, rows, server_id) VALUES (?, ?, ?, ?)")
        .bind_all(place.first, place.second, offer.rows, offer.server_id)
        .run();
  }
  // Parents first: tracks and artists are recorded before the plays that need them.
  for (const auto& [number, key] : order_) {
    const RescuedEntry& entry = entries_.at(key);
    const std::string state =
        entry.state == "rejected" || entry.state == "waiting" ? entry.state : "queued";
    const outbox::RowImage image = outbox::decode(entry.bytes);
    // A file of an older format may have known the row by another one.
    const std::string identity =
        key.first == "play_history" ? outbox::identity_of(key.first, image) : key.second;
    database
        .prepare(
            "INSERT INTO playmirror_outbox (entry, table_name, identity, row_id, "
            "recorded_at, image, checksum, state, attempts, sqlstate, constraint_name, message, "
            "offered_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)")
        .bind_all(
            number, key.first, identity, entry.row_id, entry.recorded_at, Blob{entry.bytes},
            outbox::checksum(key.first, identity, entry.row_id, entry.recorded_at, entry.bytes),
            state, entry.attempts, entry.sqlstate, entry.constraint, entry.message,
            entry.offered_id)
        .run();
    outbox::restore_row(database, key.first, identity, entry.row_id, image);
  }
  for (const auto& [handle, run] : delivered_) {
    outbox::note_delivered(database, handle.first, run);
  }
  for (const auto& [name, kind, id] : exclusions_) {
    database.prepare("INSERT INTO playmirror_exclusions (name, kind, id) VALUES (?, ?, ?)")
        .bind_all(name, kind, id)
        .run();
  }
  ingest::write_scope(database, scope_);
  for (const auto& [fact, value] : server_) meta::write(database, fact, value);
  if (PLAYMIRROR_SAFEGUARD("given ids")) {
    meta::write(database, meta::kProvisionalIds, provisional_ids());
  }
}

std::int64_t Rescued::provisional_ids() const {
  std::int64_t given = given_ids_;
  for (const auto& [key, entry] : entries_) {
    given = std::max(given, outbox::provisional_number(entry.row_id));
  }
  for (const auto& [handle, run] : delivered_) {
    given = std::max(given, outbox::provisional_number(run.last().provisional_id));
  }
  return given;
}

std::vector<FileProblem> Rescued::lost() const {
  std::vector<FileProblem> lost;
  for (const auto& [number, table] : damaged_) {
    if (order_.contains(number)) continue;  // whole in another file
    lost.push_back({"playmirror_outbox, entry " + std::to_string(number),
                    "what was recorded for " + table + " does not match its checksum"});
  }
  return lost;
}

}  // namespace playmirror::salvage
