#include "sync/push/push_transaction.hpp"

#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/test_hooks.hpp"
#include "sync/push/changed_times.hpp"
#include "sync/push/insert_statement.hpp"
#include "sync/session/horizon.hpp"
#include "sync/session/parts.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <iterator>
#include <string_view>
#include <utility>

namespace playmirror::sync {
namespace {

/// The advisory lock that every playmirror takes before it looks for rows that are there already:
/// the bytes "playmirr".
constexpr const char* kLock = "SELECT pg_catalog.pg_advisory_xact_lock(8100957003887243890)";

/// Triggers of the backend run inside a push, and look for tables and functions where the backend's
/// own sessions do: on the path of the role and the database. Ours are qualified, and what we take
/// from pg_catalog stands first. $1 is the schema of the mirrored tables.
constexpr const char* kSearchPath =
    "SELECT pg_catalog.set_config('search_path', pg_catalog.concat_ws(', ', 'pg_catalog', "
    "nullif(pg_catalog.btrim(pg_catalog.current_setting('search_path')), ''), $1::text), true)";

/// Decides once, for all statements of a transaction, whether the mirror knows every row: nothing
/// has happened but what it pulled and pushed.
constexpr const char* kDecideKnown =
    "SELECT pg_catalog.set_config('playmirror.all_known', CASE WHEN $1 <> '' AND "
    "(pg_catalog.pg_control_checkpoint()).checkpoint_lsn::text = $1 AND "
    "extract(epoch FROM pg_catalog.pg_postmaster_start_time())::text = $2 AND "
    "pg_catalog.pg_current_snapshot()::text IN ($3, $4) AND NOT pg_catalog.pg_is_in_recovery() "
    "THEN 'yes' ELSE 'no' END, true)";

/// No row's value is in it: the server evaluates it once and does not touch the table when it is
/// false.
constexpr const char* kUnlessKnown = "pg_catalog.current_setting('playmirror.all_known') = 'no'";

/// The text of a snapshot in which every transaction before `xid` has ended, and no other is known.
std::string only_before(std::int64_t xid) {
  return std::to_string(xid) + ":" + std::to_string(xid) + ":";
}

}  // namespace

PushTransaction::PushTransaction(ServerSession& session, MirrorState& mirror,
                                 const PushOptions& options, pg::Waiter& waiter,
                                 std::set<std::string> tables, std::string known)
    : session_(session),
      mirror_(mirror),
      options_(options),
      waiter_(waiter),
      tables_(std::move(tables)),
      known_(std::move(known)),
      presumed_(session.last_opening(waiter)),
      locks_(locks()),
      inserter_(session, presumed_.catalog, waiter),
      hearing_(session, SteadyReader(mirror).database(), presumed_.catalog) {
  check_identity(SteadyReader(mirror_).database(), presumed_.moment.identity);
}

std::vector<pg::Command> PushTransaction::opening() {
  std::vector<pg::Command> commands;
  // READ COMMITTED, so that every statement behind the lock sees what its last holder committed.
  const bool committed = PLAYMIRROR_SAFEGUARD("read committed");
  commands.push_back(pg::command(
      committed ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ",
      "begin a transaction"));
  commands.push_back(pg::command(kSearchPath, "pin a setting"));
  commands.back().kept_under = kOwnPath;
  commands.back().parameters = {pg::quoted(session_.options().schema)};
  for (std::string& setting : ServerSession::pinned_formats(options_.lock_timeout)) {
    commands.push_back(pg::command(std::move(setting), "pin a setting"));
  }
  if (PLAYMIRROR_SAFEGUARD("synchronous commit")) {
    commands.push_back(pg::command("SET LOCAL synchronous_commit = on", "pin a setting"));
  }
  if (PLAYMIRROR_SAFEGUARD("immediate constraints")) {
    commands.push_back(pg::command("SET CONSTRAINTS ALL IMMEDIATE", "check constraints at once"));
  }
  if (PLAYMIRROR_SAFEGUARD("advisory lock")) {
    commands.push_back(pg::command(kLock, "wait for another device's push"));
    commands.back().kept_under = kCatalogFirst;
  }
  std::ranges::move(session_.lock_commands(locks_), std::back_inserter(commands));
  std::ranges::move(session_.opening_commands(seen_, kCatalogFirst), std::back_inserter(commands));
  commands.push_back(decide_known());
  commands.push_back(ask_for_xid());
  std::ranges::move(hearing_.commands(), std::back_inserter(commands));
  return commands;
}

std::vector<TableLock> PushTransaction::locks() const {
  // A migration that is under way would commit between the look at the catalog and the rows that
  // are made for it.
  if (!PLAYMIRROR_SAFEGUARD("table locks of a push")) return {};
  std::set<std::string> written = tables_;
  if (written.contains("tracks")) written.insert("track_artists");
  std::vector<TableLock> locks;
  for (const auto& [name, table] : presumed_.catalog.tables) {
    if (!table.is_table() || !table.readable) continue;
    const bool is_written =
        written.contains(name) && table.insertable && !presumed_.moment.in_recovery;
    // An insert looks for what the row needs, and witnesses may be of any table.
    locks.push_back({name, is_written ? "ROW EXCLUSIVE" : "ACCESS SHARE"});
  }
  return locks;
}

pg::Command PushTransaction::decide_known() {
  pg::Command decision = pg::command(kDecideKnown, "see whether anything has happened");
  decision.kept_under = kCatalogFirst;
  {
    const SteadyReader reader(mirror_);
    for (const std::string_view key : {meta::kCheckpoint, meta::kServerStarted, meta::kSnapshot}) {
      decision.parameters.emplace_back(meta::read(reader.database(), key).value_or(""));
    }
  }
  decision.parameters.emplace_back(known_);
  if (!session_.identity_access().control_checkpoint) {
    decision.sql = "SELECT pg_catalog.set_config('playmirror.all_known', 'no', true)";
    decision.parameters.clear();
  }
  decision.on_result = [this](const pg::Result& result) { knew_all_ = result[0].text(0) == "yes"; };
  return decision;
}

pg::Command PushTransaction::ask_for_xid() {
  pg::Command question = pg::command(
      "SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN '0' "
      "ELSE pg_catalog.pg_current_xact_id()::text END, pid::text, "
      "extract(epoch FROM backend_start)::text FROM "
      "pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())",
      "get a transaction id");
  question.kept_under = kCatalogFirst;
  question.on_result = [this](const pg::Result& result) {
    record_.xid = result[0].integer(0);
    record_.backend_pid = result[0].integer(1);
    record_.backend_start = result[0].text(2);
    const ServerIdentity& identity = seen_.moment.identity;
    record_.system_identifier = identity.system_identifier;
    record_.timeline = identity.timeline;
    record_.database = identity.database;
  };
  return question;
}

std::vector<pg::Command> PushTransaction::inserts(std::vector<outbox::Entry> entries,
                                                  bool is_all_settled) {
  entries_ = std::move(entries);
  // For such rows one looks among all that were sent, and knows those by the ids they have got.
  if (!is_all_settled && any_shared_times()) return {};
  add_entries();
  return inserter_.commands();
}

void PushTransaction::add_entries() {
  for (const char* table : kWrittenTables) {
    const auto entries = entries_of(table);
    const ServerTable& there = presumed_.catalog.tables.at(table);
    inserter_.add(entries, search_for(there, entries),
                  !entries_of_shared_times(session_, there, entries).empty());
  }
  is_added_ = true;
}

std::vector<const outbox::Entry*> PushTransaction::entries_of(std::string_view table) const {
  std::vector<const outbox::Entry*> entries;
  for (const outbox::Entry& entry : entries_) {
    if (entry.table == table) entries.push_back(&entry);
  }
  return entries;
}

bool PushTransaction::any_shared_times() const {
  return std::ranges::any_of(tables_, [this](const std::string& table) {
    return !entries_of_shared_times(session_, presumed_.catalog.tables.at(table), entries_of(table))
                .empty();
  });
}

PushTransaction::Outcome PushTransaction::conclude(std::optional<pg::StatementFailed> refused,
                                                   std::chrono::steady_clock::time_point give_up,
                                                   bool was_refused) {
  pg::Connection& server = session_.connection(waiter_);
  if (refused && !seen_.is_complete()) {
    server.abandon_transaction();
    if (session_.await_locks(*refused, locks_, give_up, waiter_)) return Outcome::kept_waiting;
    if (!was_refused && session_.look_again(*refused, waiter_)) return Outcome::refused;
    throw *refused;
  }
  const auto& [moment, catalog] = seen_;
  check_identity(SteadyReader(mirror_).database(), moment.identity);
  if (moment.in_recovery) {
    raise(ErrorCode::server_refused, "the server is a standby, which takes no rows",
          {.hint = "Connect to the primary to push."});
  }
  if (catalog != presumed_.catalog || !still_holds(presumed_.moment.xmax, moment.xmax)) {
    server.abandon_transaction();
    return Outcome::outdated;
  }
  hearing_.judge(moment);
  if (refused && !inserter_.has_begun()) {
    // No lock holds up a REVOKE: it may come behind the look at the catalog.
    server.abandon_transaction();
    if (!was_refused && session_.look_again(*refused, waiter_)) return Outcome::refused;
    throw *refused;
  }
  if (!is_added_) add_entries();
  rows_ = inserter_.finish(std::move(refused));
  return Outcome::ready;
}

bool PushTransaction::any_inserted() const noexcept {
  return std::ranges::any_of(
      rows_, [](const PushedRow& row) { return row.fate == PushedRow::Fate::inserted; });
}

std::string PushTransaction::known_afterwards() const {
  // If ours are the only transactions since the mirror knew everything, it still does. That they
  // are shows in the next snapshot, which then counts no other.
  const std::int64_t next = record_.xid + 1 + inserter_.subtransactions();
  const bool was_next = seen_.moment.snapshot == only_before(record_.xid);
  return knew_all_ && was_next ? only_before(next) : "";
}

std::string PushTransaction::search_for(const ServerTable& table,
                                        const std::vector<const outbox::Entry*>& entries) const {
  if (!PLAYMIRROR_SAFEGUARD("look-up")) return "false";
  const SteadyReader reader(mirror_);
  const ingest::Scope scope = ingest::read_scope(reader.database());
  const bool any_outside =
      PLAYMIRROR_SAFEGUARD("look-up outside the scope") &&
      std::ranges::any_of(entries, [&](const outbox::Entry* entry) {
        const auto* played_at = entry->image.find("played_at");
        return played_at != nullptr &&
               ingest::is_outside(scope, entry->table, played_at->value_or(""));
      });
  // A row that has the time of another one need not be that one: what was sent from here before is
  // another one for certain.
  const std::string others =
      none_of(sent_near(reader.database(), entries_of_shared_times(session_, table, entries)));
  const auto but_others = [&](std::string search) {
    return others.empty() ? search : search + " AND " + others;
  };
  // Pulling does not know a play again that the server has under another time.
  if (any_outside || !entries_of_changed_times(session_, table, entries).empty()) return others;
  // Any other pending row is not among the mirrored ones: recording and pulling look for it there.
  // So only rows that the mirror may not have seen yet need to be searched.
  const auto state = ingest::read_state(reader.database(), table.name);
  if (state.copy != ingest::CopyState::complete || !state.horizon) return but_others(kUnlessKnown);
  // Another table under the old name, or another column in the place of what a row is known by,
  // shows rows that are older than the horizon and were never here.
  if (state.relation != table.relation ||
      !ingest::compare(ingest::read_layout(reader.database(), table.name), table.layout())
           .empty()) {
    return but_others(kUnlessKnown);
  }
  // Nor does one that a crash of the server gave a number that the mirror has seen before.
  if (may_have_forgotten(reader.database(), presumed_.moment)) return but_others(kUnlessKnown);
  const std::string newer = unseen_rows(reader.database(), table, state, presumed_.moment.xmax);
  return but_others(newer.empty() ? kUnlessKnown : std::string(kUnlessKnown) + " AND " + newer);
}

}  // namespace playmirror::sync
