#include "sync/push/pusher.hpp"

#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/deliverer.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/session/horizon.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <chrono>
#include <string_view>
#include <thread>
#include <utility>

namespace playmirror::sync {
namespace {

/// The tables that rows are recorded in, parents first.
constexpr std::array kWrittenTables{"artists", "tracks", "play_history", "analysis_snapshots"};

/// The advisory lock that every playmirror takes before it looks for rows that are there already:
/// the bytes "playmirr".
constexpr const char* kLock = "SELECT pg_catalog.pg_advisory_xact_lock(8100957003887243890)";

/// SQLSTATE of pg_xact_status() for a transaction "in the future".
constexpr std::string_view kInvalidParameter = "22023";

/// How a transaction of ours ended, and whether the server has run without a crash, a restart or a
/// restore since our connection began: only then was its number not given to another one. A crash
/// throws the statistics away, which tells of it without any privilege.
constexpr const char* kStatus =
    "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8), NOT pg_catalog.pg_is_in_recovery() AND "
    "extract(epoch FROM greatest(pg_catalog.pg_postmaster_start_time(), (SELECT stats_reset "
    "FROM pg_catalog.pg_stat_bgwriter)))::numeric <= $2::numeric";

/// How long an old backend of ours may take to end after it was told to.
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kPoll{50};

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
  if (PLAYMIRROR_SAFEGUARD("settle first")) settle_unfinished();
  newest_ = outbox::newest(mirror_.reader().database());
  for (;;) {
    const std::vector<outbox::Entry> entries = next_batch();
    if (entries.empty()) break;
    waiter_.progress({.phase = "push", .rows = report_.pushed}, true);
    push_batch(entries);
  }
}

std::vector<outbox::Entry> Pusher::next_batch() {
  auto reader = mirror_.reader();
  std::vector<outbox::Entry> batch;
  for (const char* table : kWrittenTables) {
    const auto room =
        std::max<std::int64_t>(options_.batch_rows, 1) - static_cast<std::int64_t>(batch.size());
    if (room <= 0) break;
    auto entries = outbox::sendable(reader.database(), table, sent_up_to_[table], newest_, room);
    if (!entries.empty()) sent_up_to_[table] = entries.back().entry;
    std::ranges::move(entries, std::back_inserter(batch));
  }
  return batch;
}

void Pusher::settle_unfinished() {
  const auto pushes = outbox::unfinished_pushes(mirror_.reader().database());
  for (const outbox::PushRecord& push : pushes) {
    const End end = wait_for_end(push);
    mirror_.write(
        [&](sqlite::Database& database) {
          if (end == End::kept) adopt(database, push);
          outbox::end_push(database, push.push);
        },
        [this] { waiter_.tick(); });
  }
}

void Pusher::adopt(sqlite::Database& database, const outbox::PushRecord& push) {
  outbox::Deliverer deliverer(database);
  const ingest::Scope scope = ingest::read_scope(database);
  for (const outbox::Entry& entry : outbox::offered(database, push.push)) {
    deliverer.deliver(entry, entry.offered_id);
    ingest::drop_if_outside(database, scope, entry.table, entry.offered_id);
    ++report_.pushed;
  }
  meta::write(database, meta::kHighWater,
              std::max(meta::read_int(database, meta::kHighWater), push.xid + 1));
  // What has become of the rows is for the next pull to see, even if nothing happens until then.
  meta::write(database, meta::kSnapshot, "");
  meta::write(database, meta::kPushSnapshot, "");
  session_.note_push();
}

Pusher::End Pusher::wait_for_end(const outbox::PushRecord& push) {
  pg::Connection& server = session_.connection(waiter_);
  server.abandon_transaction();
  const auto moment = server.query(moment_sql(session_.identity_access()), {},
                                   "read the server's identity", waiter_);
  const ServerIdentity identity = read_moment(moment[0], session_.options().schema).identity;
  check_identity(mirror_.reader().database(), identity);
  const bool same_server = identity.system_identifier == push.system_identifier &&
                           identity.timeline == push.timeline && identity.database == push.database;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::string status;
    bool uninterrupted = false;
    try {
      const auto result = server.query(kStatus, {std::to_string(push.xid), push.backend_start},
                                       "ask how a push ended", waiter_);
      status = result[0].text(0);
      uninterrupted = result[0].text(1) == "t";
    } catch (const pg::StatementFailed& failure) {
      if (failure.sqlstate() != kInvalidParameter) throw;
      // A number that this server never gave out: whatever was sent is not in its history.
      return End::unknown;
    }
    if (status != "in progress") {
      return status == "committed" && uninterrupted && same_server ? End::kept : End::unknown;
    }
    server.query(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
        "WHERE pid = $1::int AND usename = current_user "
        "AND extract(epoch FROM backend_start)::text = $2",
        {std::to_string(push.backend_pid), push.backend_start}, "end an old connection of ours",
        waiter_);
    if (std::chrono::steady_clock::now() > deadline) {
      raise(ErrorCode::in_doubt,
            "an earlier push is still at work on the server (transaction " +
                std::to_string(push.xid) + ")",
            {.hint = "Try again in a while; nothing is sent twice.",
             .retryable = true,
             .outcome = Outcome::in_doubt});
    }
    std::this_thread::sleep_for(kPoll);
    waiter_.tick();
  }
}

Pusher::Transaction Pusher::begin() {
  pg::Connection& server = session_.connection(waiter_);
  server.abandon_transaction();
  Transaction transaction;
  std::vector<pg::Command> commands;
  // READ COMMITTED, so that every statement behind the lock sees what its last holder committed.
  const bool committed = PLAYMIRROR_SAFEGUARD("read committed");
  commands.push_back(command(
      committed ? "BEGIN ISOLATION LEVEL READ COMMITTED" : "BEGIN ISOLATION LEVEL REPEATABLE READ",
      "begin a transaction"));
  for (std::string& setting : ServerSession::pinned_settings(options_.lock_timeout)) {
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
  commands.push_back(command(moment_sql(session_.identity_access()), "read the server's snapshot"));
  commands.back().on_result = [&](const pg::Result& result) {
    transaction.moment = read_moment(result[0], session_.options().schema);
  };
  commands.push_back(command(catalog_sql(), "read the catalog"));
  commands.back().parameters = {session_.options().schema};
  commands.back().on_result = [&](const pg::Result& result) {
    transaction.catalog = read_catalog(result, session_.options().schema);
  };
  commands.push_back(
      command("SELECT CASE WHEN pg_catalog.pg_is_in_recovery() THEN '0' "
              "ELSE pg_catalog.pg_current_xact_id()::text END, pid::text, "
              "extract(epoch FROM backend_start)::text FROM pg_catalog.pg_stat_activity "
              "WHERE pid = pg_catalog.pg_backend_pid()",
              "get a transaction id"));
  commands.back().on_result = [&](const pg::Result& result) {
    transaction.record.xid = result[0].integer(0);
    transaction.record.backend_pid = result[0].integer(1);
    transaction.record.backend_start = result[0].text(2);
  };
  server.pipeline(std::move(commands), waiter_);
  const ServerIdentity& identity = transaction.moment.identity;
  transaction.record.system_identifier = identity.system_identifier;
  transaction.record.timeline = identity.timeline;
  transaction.record.database = identity.database;
  return transaction;
}

bool Pusher::mirror_knows_all(const Moment& moment) const {
  if (moment.in_recovery || moment.checkpoint.empty()) return false;
  auto reader = mirror_.reader();
  const auto same = [&](std::string_view key) {
    return meta::read(reader.database(), key) == moment.snapshot;
  };
  return meta::read(reader.database(), meta::kCheckpoint) == moment.checkpoint &&
         (same(meta::kSnapshot) || same(meta::kPushSnapshot));
}

bool Pusher::any_outside(const std::vector<const outbox::Entry*>& entries) const {
  const ingest::Scope scope = ingest::read_scope(mirror_.reader().database());
  return PLAYMIRROR_SAFEGUARD("look-up outside the scope") &&
         std::ranges::any_of(entries, [&](const outbox::Entry* entry) {
           const auto* played_at = entry->image.find("played_at");
           return played_at != nullptr &&
                  ingest::is_outside(scope, entry->table, played_at->value_or(""));
         });
}

KnownRows Pusher::known_rows(const std::string& table, const Moment& moment) const {
  // A pending row is not among the mirrored ones: recording and pulling look for it there. So only
  // rows that the mirror may not have seen yet need to be searched.
  const auto state = ingest::read_state(mirror_.reader().database(), table);
  if (state.copy != ingest::CopyState::complete || !state.horizon) return {};
  return {false, horizon_condition(*state.horizon, moment)};
}

void Pusher::push_batch(const std::vector<outbox::Entry>& entries) {
  PLAYMIRROR_STEP("push.begin");
  const Transaction transaction = begin();
  PLAYMIRROR_STEP("push.opened");
  try {
    check_identity(mirror_.reader().database(), transaction.moment.identity);
    if (transaction.moment.in_recovery) {
      raise(ErrorCode::server_refused, "the server is a standby, which takes no rows",
            {.hint = "Connect to the primary to push."});
    }
    const bool knew_all = mirror_knows_all(transaction.moment);
    WitnessHearing hearing(session_, mirror_.reader().database(), transaction.catalog,
                           transaction.moment);
    BatchInserter inserter(session_, transaction.catalog, hearing.commands(), waiter_);
    std::vector<PushedRow> rows;
    for (const char* table : kWrittenTables) {
      std::vector<const outbox::Entry*> of_table;
      for (const outbox::Entry& entry : entries) {
        if (entry.table == table) of_table.push_back(&entry);
      }
      KnownRows known;
      if (!any_outside(of_table)) {
        known = known_rows(table, transaction.moment);
        known.none_new = knew_all;
      }
      if (!PLAYMIRROR_SAFEGUARD("look-up")) known.none_new = true;
      std::ranges::move(inserter.insert(of_table, known), std::back_inserter(rows));
    }
    PLAYMIRROR_STEP("push.inserted");
    std::int64_t push = 0;
    mirror_.write(
        [&](sqlite::Database& database) {
          std::vector<std::pair<std::int64_t, std::int64_t>> offered;
          for (const PushedRow& row : rows) {
            if (row.fate == PushedRow::Fate::inserted) {
              offered.emplace_back(row.entry->entry, row.server_id);
            }
          }
          if (!stored_identity(database)) store_identity(database, transaction.moment.identity);
          if (!offered.empty() && PLAYMIRROR_SAFEGUARD("record before COMMIT")) {
            push = outbox::begin_push(database, transaction.record, offered);
          }
        },
        [this] { waiter_.tick(); });
    PLAYMIRROR_STEP("push.recorded");
    commit(transaction, rows);
    PLAYMIRROR_STEP("push.committed");
    mirror_.write(
        [&](sqlite::Database& database) { resolve(database, transaction, rows, push, knew_all); });
    PLAYMIRROR_STEP("push.resolved");
    if (report_.pushed > 0) session_.note_push();
  } catch (...) {
    session_.connection_if_any([](pg::Connection& server) { server.abandon_transaction(); });
    throw;
  }
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
                     const std::vector<PushedRow>& rows, std::int64_t push, bool knew_all) {
  outbox::Deliverer deliverer(database);
  const ingest::Scope scope = ingest::read_scope(database);
  bool all_done = true;
  for (const PushedRow& row : rows) {
    switch (row.fate) {
      case PushedRow::Fate::inserted:
      case PushedRow::Fate::already_there:
        count(database, row);
        deliverer.deliver(*row.entry, row.server_id);
        ingest::drop_if_outside(database, scope, row.entry->table, row.server_id);
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
  if (push != 0) outbox::end_push(database, push);
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
  // If ours is the only transaction since the mirror knew everything, it still does.
  const std::string alone = std::to_string(xid) + ":" + std::to_string(xid) + ":";
  const std::string next = std::to_string(xid + 1) + ":" + std::to_string(xid + 1) + ":";
  meta::write(database, meta::kPushSnapshot,
              knew_all && transaction.moment.snapshot == alone ? next : "");
  if (all_done) meta::write(database, meta::kLastPush, Timestamp::now().to_postgres_string());
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
