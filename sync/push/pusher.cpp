#include "sync/push/pusher.hpp"

#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/deliverer.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/push/changed_times.hpp"
#include "sync/push/settlement.hpp"
#include "sync/session/horizon.hpp"
#include "sync/session/parts.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <iterator>
#include <optional>
#include <set>
#include <string_view>
#include <utility>

namespace playmirror::sync {
namespace {

/// The tables that rows are recorded in, parents first.
constexpr std::array kWrittenTables{"artists", "tracks", "play_history", "analysis_snapshots"};

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
    "pg_catalog.pg_current_snapshot()::text IN ($2, $3) AND NOT pg_catalog.pg_is_in_recovery() "
    "THEN 'yes' ELSE 'no' END, true)";

/// No row's value is in it: the server evaluates it once and does not touch the table when it is
/// false.
constexpr const char* kUnlessKnown = "pg_catalog.current_setting('playmirror.all_known') = 'no'";

/// How often a batch starts over because the server's tables changed under it.
constexpr int kAttempts = 3;

/// The text of a snapshot in which every transaction before `xid` has ended, and no other is known.
std::string only_before(std::int64_t xid) {
  return std::to_string(xid) + ":" + std::to_string(xid) + ":";
}

std::string bigint_array(const std::vector<std::int64_t>& values) {
  std::string list;
  for (const std::int64_t value : values) list += (list.empty() ? "" : ",") + std::to_string(value);
  return "'{" + list + "}'::bigint[]";
}

pg::Command command(std::string sql, std::string doing) {
  pg::Command result;
  result.sql = std::move(sql);
  result.doing = std::move(doing);
  return result;
}

}  // namespace

Pusher::Pusher(ServerSession& session, MirrorState& mirror, const PushOptions& options,
               pg::Waiter& waiter, SyncReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void Pusher::run() {
  if (!outbox::has_work(mirror_.reader().database())) return;
  if (PLAYMIRROR_SAFEGUARD("settle first")) {
    Settlement(session_, mirror_, waiter_, report_).run();
  }
  newest_ = outbox::newest(mirror_.reader().database());
  for (std::int64_t rows = std::max<std::int64_t>(options_.batch_rows, 1);;) {
    const auto before = sent_up_to_;
    const std::set<std::string> tables = tables_to_write();
    if (tables.empty()) break;
    waiter_.progress({.phase = "push", .rows = report_.pushed}, true);
    try {
      push_batch(tables, rows);
    } catch (const pg::StatementFailed& failure) {
      // Where a statement may not take long, as many rows will never do.
      if (!failure.took_too_long() || batch_.size() <= 1) throw;
      sent_up_to_ = before;
      rows = pg::fewer_than(std::ssize(batch_));
    }
  }
}

std::set<std::string> Pusher::tables_to_write() {
  const SteadyReader reader(mirror_);
  std::set<std::string> tables;
  for (const char* table : kWrittenTables) {
    std::int64_t& sent = sent_up_to_[table];
    if (sent < newest_ && outbox::any_sendable(reader.database(), table, sent, newest_)) {
      tables.insert(table);
    } else {
      sent = newest_;
    }
  }
  return tables;
}

std::vector<outbox::Entry> Pusher::next_batch(std::int64_t most) {
  const SteadyReader reader(mirror_);
  std::vector<outbox::Entry> batch;
  for (const char* table : kWrittenTables) {
    const auto room = most - std::ssize(batch);
    if (room <= 0) break;
    std::int64_t& sent = sent_up_to_[table];
    if (sent >= newest_) continue;
    auto entries = outbox::sendable(reader.database(), table, sent, newest_, room);
    sent = entries.empty() ? newest_ : entries.back().entry;
    std::ranges::move(entries, std::back_inserter(batch));
  }
  return batch;
}

std::vector<TableLock> Pusher::locks(const Opening& presumed, std::set<std::string> written) {
  // A migration that is under way would commit between the look at the catalog and the rows that
  // are made for it.
  if (!PLAYMIRROR_SAFEGUARD("table locks of a push")) return {};
  if (written.contains("tracks")) written.insert("track_artists");
  std::vector<TableLock> locks;
  for (const auto& [name, table] : presumed.catalog.tables) {
    if (!table.is_table() || !table.readable) continue;
    const bool is_written =
        written.contains(name) && table.insertable && !presumed.moment.in_recovery;
    // An insert looks for what the row needs, and witnesses may be of any table.
    locks.push_back({name, is_written ? "ROW EXCLUSIVE" : "ACCESS SHARE"});
  }
  return locks;
}

std::vector<pg::Command> Pusher::beginning(Transaction& transaction,
                                           const std::vector<TableLock>& locks) {
  std::vector<pg::Command> commands;
  // READ COMMITTED, so that every statement behind the lock sees what its last holder committed.
  const bool committed = PLAYMIRROR_SAFEGUARD("read committed");
  commands.push_back(command(
      committed ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ",
      "begin a transaction"));
  commands.push_back(command(kSearchPath, "pin a setting"));
  commands.back().parameters = {pg::quoted(session_.options().schema)};
  for (std::string& setting : ServerSession::pinned_formats(options_.lock_timeout)) {
    commands.push_back(command(std::move(setting), "pin a setting"));
  }
  if (PLAYMIRROR_SAFEGUARD("synchronous commit")) {
    commands.push_back(command("SET LOCAL synchronous_commit = on", "pin a setting"));
  }
  if (PLAYMIRROR_SAFEGUARD("immediate constraints")) {
    commands.push_back(command("SET CONSTRAINTS ALL IMMEDIATE", "check constraints at once"));
  }
  if (PLAYMIRROR_SAFEGUARD("advisory lock")) {
    commands.push_back(command(kLock, "wait for another device's push"));
  }
  std::ranges::move(session_.lock_commands(locks), std::back_inserter(commands));
  std::ranges::move(session_.opening_commands(transaction.opening), std::back_inserter(commands));
  commands.push_back(decide_known(transaction));
  commands.push_back(
      command("SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN '0' "
              "ELSE pg_catalog.pg_current_xact_id()::text END, pid::text, "
              "extract(epoch FROM backend_start)::text FROM "
              "pg_catalog.pg_stat_get_activity(pg_catalog.pg_backend_pid())",
              "get a transaction id"));
  commands.back().on_result = [&](const pg::Result& result) {
    outbox::PushRecord& record = transaction.record;
    record.xid = result[0].integer(0);
    record.backend_pid = result[0].integer(1);
    record.backend_start = result[0].text(2);
    const ServerIdentity& identity = transaction.opening.moment.identity;
    record.system_identifier = identity.system_identifier;
    record.timeline = identity.timeline;
    record.database = identity.database;
  };
  return commands;
}

pg::Command Pusher::decide_known(Transaction& transaction) {
  pg::Command decision = command(kDecideKnown, "see whether anything has happened");
  {
    const SteadyReader reader(mirror_);
    for (const std::string_view key : {meta::kCheckpoint, meta::kSnapshot, meta::kPushSnapshot}) {
      decision.parameters.emplace_back(meta::read(reader.database(), key).value_or(""));
    }
  }
  if (!session_.identity_access().control_checkpoint) {
    decision.sql = "SELECT pg_catalog.set_config('playmirror.all_known', 'no', true)";
    decision.parameters.clear();
  }
  decision.on_result = [&](const pg::Result& result) {
    transaction.knew_all = result[0].text(0) == "yes";
  };
  return decision;
}

std::string Pusher::search_for(const ServerTable& table,
                               const std::vector<const outbox::Entry*>& entries,
                               const Moment& presumed) const {
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
  // Pulling does not know a play again that the server has under another time. What was sent from
  // here before is another one all the same.
  const auto changed = entries_of_changed_times(session_, table, entries);
  if (any_outside || !changed.empty()) {
    const std::vector<std::int64_t> others = sent_near(reader.database(), changed);
    return others.empty() ? "" : "id <> ALL (" + bigint_array(others) + ")";
  }
  // Any other pending row is not among the mirrored ones: recording and pulling look for it there.
  // So only rows that the mirror may not have seen yet need to be searched.
  const auto state = ingest::read_state(reader.database(), table.name);
  if (state.copy != ingest::CopyState::complete || !state.horizon) return kUnlessKnown;
  // Another table under the old name, or another column in the place of what a row is known by,
  // shows rows that are older than the horizon and were never here.
  if (state.relation != table.relation ||
      !ingest::compare(ingest::read_layout(reader.database(), table.name), table.layout())
           .empty()) {
    return kUnlessKnown;
  }
  // Nor does one that a crash of the server gave a number that the mirror has seen before.
  if (may_have_forgotten(reader.database(), presumed)) return kUnlessKnown;
  const std::string newer = unseen_rows(reader.database(), table, state, presumed.xmax);
  return newer.empty() ? kUnlessKnown : std::string(kUnlessKnown) + " AND " + newer;
}

void Pusher::push_batch(const std::set<std::string>& tables, std::int64_t most) {
  batch_.clear();
  give_up_ = std::chrono::steady_clock::now() + options_.lock_timeout;
  for (int attempt = 1; !try_batch(tables, most); attempt += awaited_ ? 0 : 1) {
    if (awaited_ || attempt < kAttempts) continue;
    raise(ErrorCode::server_refused, "the server's tables keep changing",
          {.hint = "Sync again when the migration is done.", .retryable = true});
  }
}

void Pusher::add_batch(BatchInserter& inserter, const Opening& presumed) {
  for (const char* table : kWrittenTables) {
    std::vector<const outbox::Entry*> of_table;
    for (const outbox::Entry& entry : batch_) {
      if (entry.table == table) of_table.push_back(&entry);
    }
    inserter.add(of_table,
                 search_for(presumed.catalog.tables.at(table), of_table, presumed.moment));
  }
}

bool Pusher::try_batch(const std::set<std::string>& tables, std::int64_t most) {
  awaited_ = false;
  // Before anything is sent: it is for the server that the mirror follows.
  const Opening presumed = session_.last_opening(waiter_);
  check_identity(SteadyReader(mirror_).database(), presumed.moment.identity);
  PLAYMIRROR_STEP("push.begin");
  pg::Connection& server = session_.connection(waiter_);
  server.abandon_transaction();
  BatchInserter inserter(session_, presumed.catalog, waiter_);
  WitnessHearing hearing(session_, SteadyReader(mirror_).database(), presumed.catalog);
  Transaction transaction;
  const std::vector<TableLock> to_lock = locks(presumed, tables);
  std::vector<pg::Command> commands = beginning(transaction, to_lock);
  std::ranges::move(hearing.commands(), std::back_inserter(commands));
  // The batch is read while the server is at work on these.
  const auto inserts = [&] {
    if (batch_.empty()) batch_ = next_batch(most);
    add_batch(inserter, presumed);
    return inserter.commands();
  };
  try {
    std::optional<pg::StatementFailed> refused;
    try {
      server.pipeline(std::move(commands), inserts, waiter_);
    } catch (const pg::StatementFailed& failure) {
      if (!transaction.opening.is_complete()) {
        server.abandon_transaction();
        awaited_ = session_.await_locks(failure, to_lock, give_up_, waiter_);
        if (awaited_ || session_.look_again(failure, waiter_)) return false;
        throw;
      }
      refused.emplace(failure);
    }
    const auto& [moment, catalog] = transaction.opening;
    check_identity(SteadyReader(mirror_).database(), moment.identity);
    if (moment.in_recovery) {
      raise(ErrorCode::server_refused, "the server is a standby, which takes no rows",
            {.hint = "Connect to the primary to push."});
    }
    if (catalog != presumed.catalog || !still_holds(presumed.moment.xmax, moment.xmax)) {
      server.abandon_transaction();
      return false;
    }
    hearing.judge(moment);
    const std::vector<PushedRow> rows = inserter.finish(std::move(refused));
    transaction.subtransactions = inserter.subtransactions();
    PLAYMIRROR_STEP("push.inserted");
    const std::int64_t push = record(transaction, rows);
    PLAYMIRROR_STEP("push.recorded");
    commit(transaction, rows);
    PLAYMIRROR_STEP("push.committed");
    mirror_.write([&](sqlite::Database& database) { resolve(database, transaction, rows, push); });
    PLAYMIRROR_STEP("push.resolved");
    if (report_.pushed > 0) session_.note_push();
    return true;
  } catch (...) {
    session_.connection_if_any([](pg::Connection& broken) { broken.abandon_transaction(); });
    throw;
  }
}

std::int64_t Pusher::record(const Transaction& transaction, const std::vector<PushedRow>& rows) {
  std::vector<std::pair<std::int64_t, std::int64_t>> offered;
  for (const PushedRow& row : rows) {
    if (row.fate == PushedRow::Fate::inserted) {
      offered.emplace_back(row.entry->entry, row.server_id);
    }
  }
  std::int64_t push = 0;
  mirror_.write(
      [&](sqlite::Database& database) {
        if (!stored_identity(database)) {
          store_identity(database, transaction.opening.moment.identity);
        }
        if (!offered.empty() && PLAYMIRROR_SAFEGUARD("record before COMMIT")) {
          push = outbox::begin_push(database, transaction.record, offered);
        }
      },
      [this] { waiter_.tick(); });
  return push;
}

void Pusher::commit(const Transaction& transaction, const std::vector<PushedRow>& rows) {
  const bool any_inserted = std::ranges::any_of(
      rows, [](const PushedRow& row) { return row.fate == PushedRow::Fate::inserted; });
  try {
    session_.connection(waiter_).execute("COMMIT", "commit a push", waiter_);
  } catch (const pg::StatementFailed&) {
    // The server has answered: nothing of it was kept. The record goes, the rows stay queued.
    mirror_.write([&](sqlite::Database& database) {
      for (const auto& push : outbox::unfinished_pushes(database)) {
        if (push.xid == transaction.record.xid) outbox::end_push(database, push.push);
      }
    });
    throw;
  } catch (const Error& error) {
    if (!any_inserted || error.code() == ErrorCode::cancelled) throw;
    raise(ErrorCode::in_doubt,
          std::string("the connection broke while a push was being committed: ") + error.what(),
          {.hint = "Sync again: it finds out what the server has before it sends anything.",
           .retryable = true,
           .outcome = Outcome::in_doubt});
  }
}

void Pusher::resolve(sqlite::Database& database, const Transaction& transaction,
                     const std::vector<PushedRow>& rows, std::int64_t push) {
  std::vector<outbox::Arrival> arrivals;
  bool all_done = true;
  for (const PushedRow& row : rows) {
    switch (row.fate) {
      case PushedRow::Fate::inserted:
      case PushedRow::Fate::already_there:
        count(database, row);
        arrivals.emplace_back(row.entry, row.server_id);
        break;
      case PushedRow::Fate::waiting:
        outbox::set_aside(database, row.entry->entry, PendingState::waiting, row.refusal);
        count(database, row);
        all_done = false;
        break;
      case PushedRow::Fate::rejected:
        outbox::set_aside(database, row.entry->entry, PendingState::rejected, row.refusal);
        count(database, row);
        all_done = false;
        break;
    }
  }
  outbox::Deliverer(database).deliver(arrivals);
  const ingest::Scope scope = ingest::read_scope(database);
  for (const auto& [entry, server_id] : arrivals) {
    ingest::drop_if_outside(database, scope, entry->table, server_id);
  }
  if (push != 0) {
    outbox::forget_push(database, push);
    note_tables(database, transaction, rows);
  }
  const std::int64_t xid = transaction.record.xid;
  NewestRows newest;
  for (const Witness& witness : stored_witnesses(database)) newest.offer(witness);
  for (const PushedRow& row : rows) {
    if (row.fate == PushedRow::Fate::inserted && row.server_id > 0) {
      newest.offer({row.entry->table, std::to_string(row.server_id), xid, false});
    }
  }
  store_witnesses(database, newest.rows());
  meta::write(database, meta::kHighWater,
              std::max(meta::read_int(database, meta::kHighWater), xid + 1));
  // If ours are the only transactions since the mirror knew everything, it still does. That they
  // are shows in the next snapshot, which then counts no other.
  const std::int64_t next = xid + 1 + transaction.subtransactions;
  const bool was_next = transaction.opening.moment.snapshot == only_before(xid);
  meta::write(database, meta::kPushSnapshot,
              transaction.knew_all && was_next ? only_before(next) : "");
  if (all_done) meta::write(database, meta::kLastPush, Timestamp::now().to_postgres_string());
}

void Pusher::note_tables(sqlite::Database& database, const Transaction& transaction,
                         const std::vector<PushedRow>& rows) {
  for (const std::string name : {"play_history", "analysis_snapshots"}) {
    const bool any_sent = std::ranges::any_of(
        rows, [&](const PushedRow& row) { return row.server_id != 0 && row.entry->table == name; });
    if (!any_sent) continue;
    ingest::TableState state = ingest::read_state(database, name);
    if (state.relation != 0) continue;
    state.relation = transaction.opening.catalog.tables.at(name).relation;
    ingest::write_state(database, name, state);
  }
}

void Pusher::count(sqlite::Database& database, const PushedRow& row) {
  const auto note = [&](RowOutcome::Kind kind) {
    auto entry = outbox::find(database, row.entry->entry);
    if (!entry) return;
    report_.rows.push_back({std::move(*entry), kind});
  };
  switch (row.fate) {
    case PushedRow::Fate::inserted:
      ++report_.pushed;
      return;
    case PushedRow::Fate::already_there:
      // Sent in a push whose answer was lost: it is ours after all.
      if (row.entry->offered_id != 0 && row.entry->offered_id == row.server_id) {
        ++report_.pushed;
        return;
      }
      ++report_.already_there;
      note(RowOutcome::Kind::already_there);
      return;
    case PushedRow::Fate::waiting:
      ++report_.waiting;
      note(RowOutcome::Kind::waiting);
      return;
    case PushedRow::Fate::rejected:
      ++report_.rejected;
      note(RowOutcome::Kind::rejected);
      return;
  }
}

}  // namespace playmirror::sync
