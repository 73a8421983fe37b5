#pragma once

#include "core/mirror/state.hpp"
#include "core/outbox/outbox.hpp"
#include "sync/push/batch_inserter.hpp"
#include "sync/session/server_session.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/server.hpp>

#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <vector>

namespace playmirror::sync {

/// The tables that rows are recorded in, parents first.
inline constexpr std::array kWrittenTables{"artists", "tracks", "play_history",
                                           "analysis_snapshots"};

/// One transaction of a push on the server, up to its COMMIT: under a lock that all devices take,
/// rows that the server has are found and the others inserted. Its statements are written for the
/// server's tables as they were seen last. First opening() is sent and behind it inserts(), then
/// conclude() is called.
class PushTransaction {
 public:
  /// `tables` will be written. `known` is the text of the snapshot that the server has if nothing
  /// but this push has happened since the mirror knew every row; "" when that is not so. Throws
  /// ServerChanged when the server is not the one that the mirror follows.
  PushTransaction(ServerSession& session, MirrorState& mirror, const PushOptions& options,
                  pg::Waiter& waiter, std::set<std::string> tables, std::string known);
  PushTransaction(const PushTransaction&) = delete;
  PushTransaction& operator=(const PushTransaction&) = delete;

  /// The statements that begin it. Their answers come back to this object.
  [[nodiscard]] std::vector<pg::Command> opening();

  /// The statements for the rows. None when they cannot be written before what was sent ahead of
  /// this transaction is settled here; conclude() sends them then.
  [[nodiscard]] std::vector<pg::Command> inserts(std::vector<outbox::Entry> entries,
                                                 bool is_all_settled);

  enum class Outcome {
    ready,         ///< for its COMMIT
    outdated,      ///< the tables have changed: it begins anew, with what last_opening() is now
    refused,       ///< one of them could not be locked, and the catalog was read anew: likewise
    kept_waiting,  ///< a lock was taken, and is free now: it begins anew
  };

  /// After both were answered; `refused` is what the server said to the first statement that it did
  /// not take. Sends what is left to send. Waits for a lock until `give_up`. `was_refused`: so
  /// ended the attempt before this one, and another refusal throws.
  [[nodiscard]] Outcome conclude(std::optional<pg::StatementFailed> refused,
                                 std::chrono::steady_clock::time_point give_up, bool was_refused);

  [[nodiscard]] const std::vector<outbox::Entry>& entries() const noexcept { return entries_; }
  [[nodiscard]] const std::vector<PushedRow>& rows() const noexcept { return rows_; }
  [[nodiscard]] bool any_inserted() const noexcept;
  [[nodiscard]] const outbox::PushRecord& record() const noexcept { return record_; }
  [[nodiscard]] const Opening& seen() const noexcept { return seen_; }

  /// `known` of the next transaction, once this one is committed.
  [[nodiscard]] std::string known_afterwards() const;

 private:
  /// No migration may change the tables while rows are sent.
  [[nodiscard]] std::vector<TableLock> locks() const;
  [[nodiscard]] pg::Command decide_known();
  [[nodiscard]] pg::Command ask_for_xid();
  void add_entries();
  [[nodiscard]] bool any_shared_times() const;
  [[nodiscard]] std::vector<const outbox::Entry*> entries_of(std::string_view table) const;
  /// The condition on rows that the server may have had all along without the mirror knowing it.
  [[nodiscard]] std::string search_for(const ServerTable& table,
                                       const std::vector<const outbox::Entry*>& entries) const;

  ServerSession& session_;
  MirrorState& mirror_;
  const PushOptions& options_;
  pg::Waiter& waiter_;
  std::set<std::string> tables_;
  std::string known_;
  Opening presumed_;
  std::vector<TableLock> locks_;
  BatchInserter inserter_;
  WitnessHearing hearing_;
  std::vector<outbox::Entry> entries_ = {};
  bool is_added_ = false;  ///< the entries are with inserter_
  Opening seen_ = {};
  outbox::PushRecord record_ = {};
  bool knew_all_ = false;  ///< the mirror knew every row of the server
  std::vector<PushedRow> rows_ = {};
};

}  // namespace playmirror::sync
