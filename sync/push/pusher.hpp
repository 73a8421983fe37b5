#pragma once

#include "core/mirror/state.hpp"
#include "core/outbox/outbox.hpp"
#include "sync/push/batch_inserter.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <map>
#include <set>
#include <string>
#include <vector>

namespace playmirror::sync {

/// Sends the outbox, each row exactly once. The caller holds the mirror's sync lock.
///
/// A batch is one transaction: under a lock that all devices take, rows that the server has are
/// found and the others inserted; what was offered is made durable here; then COMMIT is sent; then
/// the mirror and its outbox change together. When the answer to COMMIT is lost, the rows are in
/// doubt, and nothing is sent again before that transaction is known to have ended: then each row
/// is looked up like any other.
class Pusher {
 public:
  Pusher(ServerSession& session, MirrorState& mirror, const PushOptions& options,
         pg::Waiter& waiter, SyncReport& report);

  void run();

 private:
  struct Transaction {
    Opening opening = {};
    outbox::PushRecord record = {};
    bool knew_all = false;             ///< the mirror knew every row of the server
    std::int64_t subtransactions = 0;  ///< how many wrote, each under an xid of its own
  };

  /// The tables that have entries to send; none when nothing is left.
  std::set<std::string> tables_to_write();
  /// The next entries to send, at most so many, parents before children.
  std::vector<outbox::Entry> next_batch(std::int64_t most);
  void push_batch(const std::set<std::string>& tables, std::int64_t most);
  /// One transaction: a round trip for all its statements, unless rows are refused, and one for
  /// COMMIT. The statements are written for the server's tables as they were seen last; false when
  /// they have changed since, and nothing was sent for good.
  bool try_batch(const std::set<std::string>& tables, std::int64_t most);
  void add_batch(BatchInserter& inserter, const Opening& presumed);
  std::vector<pg::Command> beginning(Transaction& transaction, const std::vector<TableLock>& locks);
  /// No migration may change the tables while these rows are sent.
  [[nodiscard]] static std::vector<TableLock> locks(const Opening& presumed,
                                                    std::set<std::string> written);
  pg::Command decide_known(Transaction& transaction);
  /// The condition on rows that the server may have had all along without the mirror knowing it.
  [[nodiscard]] std::string search_for(const ServerTable& table,
                                       const std::vector<const outbox::Entry*>& entries,
                                       const Moment& presumed) const;
  /// Makes durable what is offered, before COMMIT is sent. Returns the number of the push.
  std::int64_t record(const Transaction& transaction, const std::vector<PushedRow>& rows);
  void commit(const Transaction& transaction, const std::vector<PushedRow>& rows);
  void resolve(sqlite::Database& database, const Transaction& transaction,
               const std::vector<PushedRow>& rows, std::int64_t push);
  /// Remembers, before a first copy does, which tables the rows went to.
  static void note_tables(sqlite::Database& database, const Transaction& transaction,
                          const std::vector<PushedRow>& rows);
  void count(sqlite::Database& database, const PushedRow& row);

  ServerSession& session_;
  MirrorState& mirror_;
  const PushOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
  /// Rows recorded after the push began are left to the next one: it must come to an end.
  std::int64_t newest_ = 0;
  std::map<std::string, std::int64_t> sent_up_to_ = {};  ///< by table: entries of this run
  std::vector<outbox::Entry> batch_ = {};                ///< what is being sent
  std::chrono::steady_clock::time_point give_up_ = {};   ///< waiting for locks of its tables
  bool awaited_ = false;                                 ///< one was taken, and is free again
};

}  // namespace playmirror::sync
