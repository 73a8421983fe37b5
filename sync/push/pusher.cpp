#include "sync/push/pusher.hpp"

#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/deliverer.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/push/batch_inserter.hpp"
#include "sync/push/settlement.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <chrono>
#include <iterator>
#include <utility>

namespace playmirror::sync {
namespace {

/// How often a batch starts over because the server's tables changed under it.
constexpr int kAttempts = 3;

[[noreturn]] void raise_in_doubt(const std::string& why) {
  raise(ErrorCode::in_doubt, "the connection broke while a push was being committed: " + why,
        {.hint = "Sync again: it finds out what the server has before it sends anything.",
         .retryable = true,
         .outcome = Outcome::in_doubt});
}

}  // namespace

Pusher::Pusher(ServerSession& session, MirrorState& mirror, const PushOptions& options,
               pg::Waiter& waiter, SyncReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void Pusher::run() {
  if (!session_.outset(mirror_).has_outgoing) return;
  if (PLAYMIRROR_SAFEGUARD("settle first")) {
    Settlement(session_, mirror_, waiter_, report_).run();
  }
  newest_ = outbox::newest(mirror_.reader().database());
  std::int64_t most = options_.batch_rows;
  bool is_searching = false;
  std::unique_ptr<PushTransaction> current;
  const auto send_fewer = [&] {
    current.reset();
    sent_up_to_ = sent_before_;
    most = pg::fewer_than(sent_rows_);
  };
  for (;;) {
    try {
      if (!current) current = begin(most);
      if (!current) break;
      current = finish(*current, most);
      if (is_searching) most = std::min(2 * most, options_.batch_rows);
    } catch (const pg::StatementFailed& failure) {
      is_searching = commit_refused_;
      if (narrow_down(current.get(), failure)) sent_before_ = committing_;
      send_fewer();
    } catch (const pg::TransactionTimedOut&) {
      if (sent_rows_ <= 1) throw;
      send_fewer();
    }
  }
}

bool Pusher::narrow_down(const PushTransaction* refused, const pg::StatementFailed& failure) {
  const bool at_commit = std::exchange(commit_refused_, false);
  // Where a statement may not take long, as many rows will never do.
  if (failure.took_too_long() && sent_rows_ > 1) return false;
  if (!at_commit) throw;
  const pg::Classification meaning = pg::classify(failure.diagnostics());
  if (!meaning.row_at_fault && !meaning.table_at_fault) {
    const std::string hint = failure.hint().empty()
                                 ? "Nothing of it was kept, and the rows stay queued: push again "
                                   "when the server's owner has put right what it says."
                                 : failure.hint();
    raise(failure.code(), failure.what(),
          {.hint = hint, .sqlstate = failure.sqlstate(), .retryable = failure.retryable()});
  }
  if (sent_rows_ > 1) return false;
  set_aside(*refused, failure);
  return true;
}

void Pusher::set_aside(const PushTransaction& refused, const pg::StatementFailed& failure) {
  const bool waits = pg::classify(failure.diagnostics()).table_at_fault;
  mirror_.write([&](sqlite::Database& database) {
    for (PushedRow row : refused.rows()) {
      if (row.fate != PushedRow::Fate::inserted) continue;
      row.fate = waits ? PushedRow::Fate::waiting : PushedRow::Fate::rejected;
      row.refusal = refusal_of(failure);
      outbox::set_aside(database, row.entry->entry,
                        waits ? PendingState::waiting : PendingState::rejected, row.refusal);
      count(database, row);
    }
  });
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

std::string Pusher::known() const {
  return meta::read(SteadyReader(mirror_).database(), meta::kPushSnapshot).value_or("");
}

std::unique_ptr<PushTransaction> Pusher::begin(std::int64_t most) {
  const std::set<std::string> tables = tables_to_write();
  if (tables.empty()) return nullptr;
  waiter_.progress({.phase = "push", .rows = report_.pushed}, true);
  sent_before_ = sent_up_to_;
  sent_rows_ = 0;
  const auto give_up = std::chrono::steady_clock::now() + options_.lock_timeout;
  bool was_refused = false;
  for (int attempt = 1; attempt <= kAttempts;) {
    auto transaction =
        std::make_unique<PushTransaction>(session_, mirror_, options_, waiter_, tables, known());
    PLAYMIRROR_STEP("push.begin");
    pg::Connection& server = session_.connection(waiter_);
    server.abandon_transaction();
    // The batch is read while the server is at work on the opening.
    const auto inserts = [&] {
      sent_up_to_ = sent_before_;
      std::vector<outbox::Entry> batch = next_batch(most);
      sent_rows_ = std::ssize(batch);
      return transaction->inserts(std::move(batch), true);
    };
    std::optional<pg::StatementFailed> refused;
    try {
      server.pipeline(transaction->opening(), inserts, waiter_);
    } catch (const pg::StatementFailed& failure) {
      refused.emplace(failure);
    }
    const auto outcome = transaction->conclude(std::move(refused), give_up, was_refused);
    if (outcome == PushTransaction::Outcome::ready) return transaction;
    if (outcome != PushTransaction::Outcome::kept_waiting) ++attempt;
    was_refused = outcome == PushTransaction::Outcome::refused;
  }
  raise(ErrorCode::server_refused, "the server's tables keep changing",
        {.hint = "Sync again when the migration is done.", .retryable = true});
}

std::unique_ptr<PushTransaction> Pusher::finish(const PushTransaction& current, std::int64_t most) {
  PLAYMIRROR_STEP("push.inserted");
  committing_ = sent_up_to_;
  std::unique_ptr<PushTransaction> next;
  const std::set<std::string> tables = tables_to_write();
  // A pooler that goes by transactions may give a part of the next to another connection.
  if (!tables.empty() && session_.connection(waiter_).is_direct()) {
    waiter_.progress({.phase = "push", .rows = report_.pushed}, true);
    next = std::make_unique<PushTransaction>(session_, mirror_, options_, waiter_, tables,
                                             current.known_afterwards());
  }
  const std::optional<std::int64_t> push = record(current);
  if (!push) {
    sent_up_to_ = sent_before_;
    return nullptr;
  }
  PLAYMIRROR_STEP("push.recorded");
  std::int64_t rows = 0;
  const auto inserts = [&] {
    std::vector<outbox::Entry> batch = next_batch(most);
    rows = std::ssize(batch);
    return next->inserts(std::move(batch), false);
  };
  const auto settle = [&] {
    PLAYMIRROR_STEP("push.committed");
    mirror_.write([&](sqlite::Database& database) { resolve(database, current, *push); });
    PLAYMIRROR_STEP("push.resolved");
    if (report_.pushed > 0) session_.note_push();
    sent_before_ = committing_;
    sent_rows_ = rows;
  };
  std::optional<pg::StatementFailed> refused = commit(current, next.get(), inserts, settle);
  const auto give_up = std::chrono::steady_clock::now() + options_.lock_timeout;
  if (!next ||
      next->conclude(std::move(refused), give_up, false) == PushTransaction::Outcome::ready) {
    return next;
  }
  // It begins anew, by itself.
  sent_up_to_ = committing_;
  return nullptr;
}

std::optional<std::int64_t> Pusher::record(const PushTransaction& transaction) {
  std::vector<std::pair<std::int64_t, std::int64_t>> offered;
  for (const PushedRow& row : transaction.rows()) {
    if (row.fate == PushedRow::Fate::inserted) {
      offered.emplace_back(row.entry->entry, row.server_id);
    }
  }
  std::optional<std::int64_t> push = 0;
  mirror_.write(
      [&](sqlite::Database& database) {
        if (!outbox::are_there(database, offered) && PLAYMIRROR_SAFEGUARD("discarded meanwhile")) {
          push.reset();
          return;
        }
        if (!stored_identity(database)) {
          store_identity(database, transaction.seen().moment.identity);
        }
        if (!offered.empty() && PLAYMIRROR_SAFEGUARD("record before COMMIT")) {
          push = outbox::begin_push(database, transaction.record(), offered);
        }
      },
      [this] { waiter_.tick(); });
  return push;
}

std::optional<pg::StatementFailed> Pusher::commit(
    const PushTransaction& transaction, PushTransaction* next,
    const std::function<std::vector<pg::Command>()>& rest, const std::function<void()>& settle) {
  bool committed = false;
  const auto done = [&] {
    committed = true;
    settle();
  };
  pg::Connection& server = session_.connection(waiter_);
  // Another connection would say yes to a COMMIT of nothing.
  if (!server.in_transaction()) raise_in_doubt("its transaction is gone");
  try {
    server.pipelines({pg::command("COMMIT", "commit a push")}, done,
                     next != nullptr ? next->opening() : std::vector<pg::Command>(), rest, waiter_);
  } catch (const pg::StatementFailed& failure) {
    if (committed) return failure;
    // The server has answered: nothing of it was kept. The record goes, the rows stay queued.
    mirror_.write([&](sqlite::Database& database) {
      for (const auto& push : outbox::unfinished_pushes(database)) {
        if (push.xid == transaction.record().xid) outbox::end_push(database, push.push);
      }
    });
    commit_refused_ = true;
    throw;
  } catch (const Error& error) {
    if (committed || !transaction.any_inserted() || error.code() == ErrorCode::cancelled) throw;
    raise_in_doubt(error.what());
  }
  return std::nullopt;
}

void Pusher::resolve(sqlite::Database& database, const PushTransaction& transaction,
                     std::int64_t push) {
  std::vector<outbox::Arrival> arrivals;
  bool all_done = true;
  for (const PushedRow& row : transaction.rows()) {
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
    note_tables(database, transaction);
  }
  const std::int64_t xid = transaction.record().xid;
  NewestRows newest;
  for (const Witness& witness : stored_witnesses(database)) newest.offer(witness);
  for (const PushedRow& row : transaction.rows()) {
    if (row.fate == PushedRow::Fate::inserted && row.server_id > 0) {
      newest.offer({row.entry->table, std::to_string(row.server_id), xid, false});
    }
  }
  store_witnesses(database, newest.rows());
  meta::write(database, meta::kHighWater,
              std::max(meta::read_int(database, meta::kHighWater), xid + 1));
  meta::write(database, meta::kPushSnapshot, transaction.known_afterwards());
  if (all_done) meta::write(database, meta::kLastPush, Timestamp::now().to_postgres_string());
}

void Pusher::note_tables(sqlite::Database& database, const PushTransaction& transaction) {
  for (const std::string name : {"play_history", "analysis_snapshots"}) {
    const bool any_sent = std::ranges::any_of(transaction.rows(), [&](const PushedRow& row) {
      return row.server_id != 0 && row.entry->table == name;
    });
    if (!any_sent) continue;
    ingest::TableState state = ingest::read_state(database, name);
    if (state.relation != 0) continue;
    state.relation = transaction.seen().catalog.tables.at(name).relation;
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
