#pragma once

#include "core/mirror/state.hpp"
#include "core/outbox/outbox.hpp"
#include "sync/push/batch_inserter.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <map>
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
    Moment moment = {};
    Catalog catalog = {};
    outbox::PushRecord record = {};
  };

  /// Finds out how pushes in doubt ended, ending old backends of ours that still hang.
  void settle_unfinished();
  /// How a push in doubt ended, as far as the server can be trusted to say.
  enum class End { kept, unknown };
  End wait_for_end(const outbox::PushRecord& push);
  /// The server has the push: its rows are delivered under the ids that they got, whatever was done
  /// to them there since.
  void adopt(sqlite::Database& database, const outbox::PushRecord& push);

  /// The next entries to send, parents before children; empty when nothing is left.
  std::vector<outbox::Entry> next_batch();
  void push_batch(const std::vector<outbox::Entry>& entries);
  Transaction begin();
  /// Whether the server may have had one of them all along without the mirror knowing it.
  [[nodiscard]] bool any_outside(const std::vector<const outbox::Entry*>& entries) const;
  [[nodiscard]] KnownRows known_rows(const std::string& table, const Moment& moment) const;
  [[nodiscard]] bool mirror_knows_all(const Moment& moment) const;
  void commit(const Transaction& transaction, const std::vector<PushedRow>& rows);
  void resolve(sqlite::Database& database, const Transaction& transaction,
               const std::vector<PushedRow>& rows, std::int64_t push, bool knew_all);
  void count(sqlite::Database& database, const PushedRow& row);

  ServerSession& session_;
  MirrorState& mirror_;
  const PushOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
  /// Rows recorded after the push began are left to the next one: it must come to an end.
  std::int64_t newest_ = 0;
  std::map<std::string, std::int64_t> sent_up_to_ = {};  ///< by table: entries of this run
};

}  // namespace playmirror::sync
