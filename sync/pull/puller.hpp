#pragma once

#include "core/mirror/state.hpp"
#include "sync/pull/first_copy.hpp"
#include "sync/pull/inquiry.hpp"
#include "sync/pull/reach.hpp"
#include "sync/pull/settled_ids.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <optional>
#include <set>
#include <string>
#include <vector>

namespace playmirror::sync {

/// Brings a mirror to the server's present state. The caller holds the mirror's sync lock.
class Puller {
 public:
  Puller(ServerSession& session, MirrorState& mirror, const PullOptions& options,
         pg::Waiter& waiter, SyncReport& report);

  void run();

 private:
  /// Finds out what the mirror holds and shall hold, and how far to look.
  void look_at_mirror();

  /// What the mirror no longer shall hold, it gives up at once. Whether there was any.
  bool give_up_some();

  /// Whether no table has been copied yet, nor begun to be.
  [[nodiscard]] bool is_untouched() const;

  void pull();

  /// False when the server's tables changed under it, or the mirror began anew to follow it: then
  /// all is to be asked once more. `copy` is there once there was a first copy.
  [[nodiscard]] bool try_pull(std::optional<FirstCopy>& copy, int attempt);

  /// On a connection that has pulled before: asks for the server's snapshot alone, outside any
  /// transaction, and concludes from it that the mirror is up to date, or that it may not be.
  [[nodiscard]] bool has_stood_still();

  /// Opens the pull's transaction. The questions go along when the last pull tells what to ask;
  /// they are there afterwards if they were the right ones.
  void open(Opening& opening, std::optional<Inquiry>& inquiry);

  /// Whether the answers are to what has to be asked, now that the opening is known.
  [[nodiscard]] bool are_answers(const Inquiry& inquiry, const Opening& opening) const;

  /// Notes in the report which tables cannot be pulled. Throws when none can.
  void note_problems(const Catalog& catalog);
  void report_problem(const std::string& table, const std::optional<Problem>& problem);

  /// Leaves out, with a problem in the report, tables whose rows a mirror cannot tell apart.
  void refuse_unkeyed(std::vector<TableChanges>& changes);
  void follow_server(const Moment& moment);
  /// Follows another server, or another history, from now on.
  void begin_anew();
  [[nodiscard]] bool nothing_happened(const Moment& moment) const;
  [[nodiscard]] bool needs_first_copy(const std::vector<ServerTable>& tables) const;

  /// Notes that nothing has happened, as far as this pull reaches.
  void note_visit();

  /// Remembers up to which id the plays are settled, when nothing else has to be remembered: the
  /// mirror has all that the snapshot shows.
  void learn_settled();

  void apply(std::vector<TableChanges>& changes, const Moment& moment,
             const std::vector<Witness>& witnesses);

  void remember(sqlite::Database& database, const std::vector<TableChanges>& changes,
                const Moment& moment);

  /// How far the server has been looked at. `whole`: all that was there has been taken.
  void remember_look(sqlite::Database& database, const Moment& moment, bool whole);

  /// From which id on the next pull may ask for plays.
  void remember_settled(sqlite::Database& database, const std::vector<TableChanges>& changes);

  ServerSession& session_;
  MirrorState& mirror_;
  const PullOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
  PullScope scope_ = {};
  Reach reach_ = {};
  SettledIds settled_ = {};
  std::set<std::string, std::less<>> unkeyed_ = {};  ///< tables with rows that share a key
};

}  // namespace playmirror::sync
