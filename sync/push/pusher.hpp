#pragma once

#include "core/mirror/state.hpp"
#include "core/outbox/outbox.hpp"
#include "sync/pg/failure.hpp"
#include "sync/push/push_transaction.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace playmirror::sync {

/// Sends the outbox, each row exactly once. The caller holds the mirror's sync lock.
///
/// A batch is one transaction: under a lock that all devices take, rows that the server has are
/// found and the others inserted; what was offered is made durable here; then COMMIT is sent, and
/// the next batch behind it; then the mirror and its outbox change together. When the answer to
/// COMMIT is lost, the rows are in doubt, and nothing is sent again before that transaction is
/// known to have ended: then each row is looked up like any other.
class Pusher {
 public:
  Pusher(ServerSession& session, MirrorState& mirror, const PushOptions& options,
         pg::Waiter& waiter, SyncReport& report);

  void run();

 private:
  /// The tables that have entries to send; none when nothing is left.
  std::set<std::string> tables_to_write();
  /// The next entries to send, at most so many, parents before children.
  std::vector<outbox::Entry> next_batch(std::int64_t most);
  /// The snapshot in which the server has nothing but what the mirror knows; "" for none.
  [[nodiscard]] std::string known() const;

  /// Sends a batch, without its COMMIT: one round trip, unless rows are refused. Nothing when there
  /// is nothing left to send.
  std::unique_ptr<PushTransaction> begin(std::int64_t most);
  /// Commits a batch, and sends the next along, so that the server is at work on it while this one
  /// is settled here. Nothing when there was none, or when it has to begin anew.
  std::unique_ptr<PushTransaction> finish(const PushTransaction& current, std::int64_t most);

  /// Makes durable what is offered, before COMMIT is sent. Returns the number of the push; nothing
  /// when an entry was discarded since it was read, and must not be committed.
  std::optional<std::int64_t> record(const PushTransaction& transaction);
  /// COMMIT, and `next`, if there is one, with `rest` behind it; calls `settle` when it was
  /// confirmed. Returns what the server refused of the next.
  std::optional<pg::StatementFailed> commit(const PushTransaction& transaction,
                                            PushTransaction* next,
                                            const std::function<std::vector<pg::Command>()>& rest,
                                            const std::function<void()>& settle);
  /// After a refusal that blames no row of a batch: leaves the batch to be sent again in smaller
  /// ones, or keeps back the row of one that was sent alone, which it says. Throws what smaller
  /// batches do not help.
  bool narrow_down(const PushTransaction* refused, const pg::StatementFailed& failure);
  void set_aside(const PushTransaction& refused, const pg::StatementFailed& failure);
  void resolve(sqlite::Database& database, const PushTransaction& transaction, std::int64_t push);
  /// Remembers, before a first copy does, which tables the rows went to.
  static void note_tables(sqlite::Database& database, const PushTransaction& transaction);
  void count(sqlite::Database& database, const PushedRow& row);

  ServerSession& session_;
  MirrorState& mirror_;
  const PushOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
  /// Rows recorded after the push began are left to the next one: it must come to an end.
  std::int64_t newest_ = 0;
  using Positions = std::map<std::string, std::int64_t>;
  Positions sent_up_to_ = {};   ///< by table: entries of this run
  Positions sent_before_ = {};  ///< the same before the first batch that is not committed
  Positions committing_ = {};   ///< the same behind that batch
  std::int64_t sent_rows_ = 0;  ///< of that batch
  bool commit_refused_ = false;
};

}  // namespace playmirror::sync
