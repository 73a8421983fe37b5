#pragma once

#include "sync/pull/change_reader.hpp"
#include "sync/pull/reach.hpp"
#include "sync/session/witnesses.hpp"

#include <cstdint>
#include <string>
#include <vector>

namespace playmirror::sync {

/// What a mirror holds of the server's rows, and what it will hold after a pull: no less.
struct PullScope {
  ingest::Scope held = {};
  ingest::Scope wanted = {};
  bool has_pending_links = false;  ///< of tracks that were recorded here
};

/// Everything that a pull asks about what has happened since the last one, as far as it reaches,
/// and the answers: the rows, the witnesses of the server's history, the newest rows, the version
/// of the schema.
///
/// Its commands are written for a catalog, and for a moment of which they need to know little. So
/// they can be sent along with an opening, for the catalog that was seen last.
class Inquiry {
 public:
  /// `moment` may be filled in later, but before the first answer comes.
  Inquiry(ServerSession& session, MirrorState& mirror, const PullScope& scope, const Reach& reach,
          const PullOptions& options, pg::Waiter& waiter, const Catalog& catalog,
          const Moment& moment);

  /// The commands, to be run once in the transaction of the moment. `xmax` as in
  /// horizon_condition().
  [[nodiscard]] std::vector<pg::Command> commands(std::int64_t xmax);

  /// The same, such that the server itself finds out whether anything has happened since the last
  /// pull, and then looks for nothing.
  [[nodiscard]] std::vector<pg::Command> commands_if_needed(std::int64_t xmax);

  /// Whether what was asked is what has to be asked, now that the opening is known.
  [[nodiscard]] bool fits(const Opening& opening) const;

  /// Whether the server found that nothing had happened, and looked for nothing.
  [[nodiscard]] bool was_skipped() const noexcept { return skipped_; }

  /// Throws when the server's rows contradict what the mirror knows of its history.
  void judge_witnesses() { hearing_.judge(moment_); }

  /// What can be done here while the server is at work on the commands.
  void count_here() { changes_.count_here(); }

  /// Asks for what belongs to the rows that were received; see ChangeReader.
  void fetch_missing_tracks() { changes_.fetch_missing_tracks(moment_); }

  /// Finds deleted rows; see ChangeReader.
  void compare_keys() { changes_.compare_keys(); }

  [[nodiscard]] std::vector<TableChanges>& changes() noexcept { return changes_.changes(); }
  [[nodiscard]] std::vector<Witness> witnesses();
  [[nodiscard]] const std::string& alembic_version() const noexcept { return alembic_version_; }

 private:
  std::vector<pg::Command> commands(std::int64_t xmax, const std::string& filter);
  void ask_for_newest_rows(std::vector<pg::Command>& commands);
  void ask_for_alembic_version(std::vector<pg::Command>& commands);

  ServerSession& session_;
  MirrorState& mirror_;
  PullScope scope_;
  Reach reach_;
  Catalog catalog_;
  const Moment& moment_;
  ChangeReader changes_;
  WitnessHearing hearing_;
  NewestRows newest_ = {};
  std::string alembic_version_ = {};
  std::int64_t xmax_ = 0;  ///< that the commands were written for
  bool skipped_ = false;
};

/// The tables of a catalog that can be pulled, parents first.
[[nodiscard]] std::vector<ServerTable> usable_tables(const Catalog& catalog,
                                                     const PullScope& scope);

/// Why a table is not among them; nothing when it is.
[[nodiscard]] std::optional<Problem> problem_of(const Catalog& catalog, const PullScope& scope,
                                                const std::string& table);

/// That of the links as long as those of recorded tracks cannot be told from the server's: before
/// the tracks are pulled, it is not known which of them the server has.
[[nodiscard]] Problem problem_of_links(const Problem& of_tracks);

/// The same tables as far as the scope reaches.
[[nodiscard]] std::vector<ServerTable> within(std::vector<ServerTable> tables,
                                              const ingest::Scope& scope);

}  // namespace playmirror::sync
