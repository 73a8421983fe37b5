#pragma once

#include "core/sqlite/database.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/identity.hpp"
#include "sync/session/server_session.hpp"

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

/// Rows that bear witness to the server's history. A restore of the server's files brings back an
/// older state under the same system identifier and timeline, and some transactions later even its
/// counters look right. Only rows can tell: in one history, whoever writes a row after a pull is at
/// or after the horizon of that pull, and the newest rows do not vanish over a restart.
namespace playmirror::sync {

/// A row of a table with one key column, as the mirror last saw it.
struct Witness {
  std::string table = {};
  std::string key = {};
  std::int64_t xid = 0;   ///< who wrote it, in 64 bits
  bool is_copied = true;  ///< came by a pull; else we pushed it, in a subtransaction after `xid`
};

/// What makes a row whose key the server gives the same row.
struct RowIdentity {
  std::string subject = {};  ///< a play's track, a snapshot's label
  std::string time = {};     ///< a play's played_at, a snapshot's date
};

/// The latest written of the rows offered, a few for each table.
class NewestRows {
 public:
  void offer(Witness row);

  /// The same for a row whose key takes some work to tell.
  template <typename Key>
  void offer(const std::string& table, std::int64_t xid, Key key) {
    if (is_wanted(table, xid)) offer({table, key(), xid});
  }

  [[nodiscard]] std::vector<Witness> rows() const;

 private:
  [[nodiscard]] bool is_wanted(const std::string& table, std::int64_t xid) const;

  std::map<std::string, std::vector<Witness>> by_table_;
};

void store_witnesses(sqlite::Database& database, const std::vector<Witness>& witnesses);
[[nodiscard]] std::vector<Witness> stored_witnesses(const sqlite::Database& database);

/// Asks a server about the witnesses that a mirror has.
class WitnessHearing {
 public:
  /// Reads the witnesses of the tables that can be read.
  WitnessHearing(const ServerSession& session, const sqlite::Database& database,
                 const Catalog& catalog);

  /// The question; empty when there is nobody to ask.
  [[nodiscard]] std::vector<pg::Command> commands();

  /// The mirror's rows are damaged, or may be: a known one is not compared with what it is by now.
  void disregard_rows_here() noexcept {
    for (Known& known : known_) known.identity.reset();
  }

  /// Judges the answers; `moment` is of the transaction in which they were given. Throws
  /// ServerChanged, or Error (server_behind) on a standby, when they contradict what the mirror
  /// knows. Does nothing when the question was not put.
  void judge(const Moment& moment);

  /// Those whose rows are as they were, once they are judged.
  [[nodiscard]] const std::vector<Witness>& confirmed() const noexcept { return confirmed_; }

 private:
  struct Known {
    Witness witness = {};
    std::int64_t horizon = 0;  ///< of the last pull: who writes later is at or after it
    /// As the mirror has it; nothing where the key says it all, or there is no such row.
    std::optional<RowIdentity> identity = {};
    bool reads_alike = false;  ///< its time, by the column and the clocks of the last pull
  };
  /// A row that is still there.
  struct Answer {
    std::string table = {};
    std::string key = {};
    std::uint32_t writer = 0;
    RowIdentity identity = {};
  };
  /// How a known row compares with the one that has its key now.
  struct Likeness {
    bool same_subject = true;
    bool same_time = true;
    bool alike = true;  ///< one may be what a server or a migration makes of the other

    [[nodiscard]] bool none() const noexcept { return !same_subject && !same_time; }
  };

  [[nodiscard]] static Likeness compare(const Known& known, const RowIdentity& now);

  /// Whether a row that has the writer of a known one, which came by a pull, can be that one.
  [[nodiscard]] bool can_be(const Known& known, const Likeness& likeness,
                            const Moment& moment) const;

  /// Whether a row that has this writer is none that the known one can have become.
  [[nodiscard]] static bool is_older(const Known& known, std::int64_t xid,
                                     const Likeness& likeness);

  const ServerSession& session_;
  std::optional<std::string> started_;  ///< when the server of the last pull was
  bool asked_ = false;
  std::map<std::string, std::string> times_;  ///< how SQL reads that of a row, by table
  std::vector<Known> known_;
  std::vector<Answer> answers_;
  std::vector<Witness> confirmed_;
};

}  // namespace playmirror::sync
