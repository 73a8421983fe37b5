#pragma once

#include "core/outbox/outbox.hpp"
#include "sync/pg/failure.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/server_session.hpp"

#include <cstddef>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::sync {

/// What became of one outbox entry inside a push transaction, before its COMMIT.
struct PushedRow {
  enum class Fate {
    inserted,       ///< new on the server, under server_id
    already_there,  ///< the server has it, under server_id
    waiting,        ///< not sent: something it needs is missing
    rejected,       ///< refused by the server
  };
  const outbox::Entry* entry = nullptr;
  Fate fate = Fate::inserted;
  std::int64_t server_id = 0;  ///< 0 where the key is the id
  outbox::Refusal refusal = {};
};

/// What the server said against a row, to be kept with its entry.
[[nodiscard]] outbox::Refusal refusal_of(const pg::StatementFailed& failure);

/// Inserts entries inside an open READ COMMITTED transaction that holds the push lock: each row
/// that the server has already is found, each one that lacks its parent waits, the rest is
/// inserted. Rows of one table go in one statement. Where as a rule nothing stands in their way,
/// the first is one that inserts all or none. When the server refuses one of them, the statement
/// is undone and split, under savepoints, until that row is alone. When the table takes none, its
/// rows wait, and those of other tables go.
///
/// Its statements are written for a catalog, so they can be sent along with the beginning of the
/// transaction: add() all entries, run commands(), then finish().
class BatchInserter {
 public:
  BatchInserter(ServerSession& session, const Catalog& catalog, pg::Waiter& waiter);

  /// Entries of one table, to be inserted after those added before. `search` as in
  /// insert_statement(). `share_times`: to the server, one may look like another.
  void add(const std::vector<const outbox::Entry*>& entries, const std::string& search,
           bool share_times);

  /// The statements for all entries.
  [[nodiscard]] std::vector<pg::Command> commands();

  /// Whether the server has come as far as the first of them.
  [[nodiscard]] bool has_begun() const noexcept;

  /// Sees to what is left to do after they have run: `refused` is what the server said to the
  /// first that it did not take. Throws that again when neither a row nor a table is to blame.
  std::vector<PushedRow> finish(std::optional<pg::StatementFailed> refused);

  /// How many savepoints were kept in which rows were inserted: each has an xid of its own.
  [[nodiscard]] std::int64_t subtransactions() const noexcept { return subtransactions_; }

 private:
  /// Entries with the same columns, which go in one statement.
  struct Group {
    std::string table = {};
    std::string search = {};
    std::vector<const outbox::Entry*> entries = {};
    bool share_times = false;
    bool in_order = false;  ///< sent as insert_in_order(), as long as all goes well
    bool reached = false;   ///< its savepoint is set
    bool done = false;      ///< every entry is in `rows`
    bool split = false;     ///< entries that the server refused have been told apart
    std::vector<PushedRow> rows = {};
  };

  [[nodiscard]] std::optional<outbox::Refusal> table_problem(const outbox::Entry& entry) const;
  void append(std::vector<pg::Command>& commands, const std::string& savepoint, const Group& group,
              const std::vector<const outbox::Entry*>& entries, std::vector<PushedRow>& rows);
  /// Where to look for those of the group's entries that are there already and not yet in `rows`.
  [[nodiscard]] static std::string search_of(const Group& group);
  void append_in_order(std::vector<pg::Command>& commands, const std::string& savepoint,
                       Group& group);
  void undo(const std::string& savepoint);
  [[nodiscard]] static bool needs_split(const Group& group);
  /// Undoes what was done since the group began.
  void undo_from(Group& group);
  /// Undoes it, and asks of each row what became of it from now on.
  void ask_of_each(Group& group);
  /// Undoes it, and tells apart which of the group's entries are refused.
  void split(Group& group, const pg::StatementFailed* refused);
  /// Undoes it; the group's entries wait until its table takes rows again.
  void set_aside(Group& group, const pg::StatementFailed& refused);
  void insert_split(const Group& group, std::vector<const outbox::Entry*> entries,
                    std::vector<PushedRow>& rows);
  void insert_halves(const Group& group, const std::vector<const outbox::Entry*>& entries,
                     std::vector<PushedRow>& rows);

  ServerSession& session_;
  Catalog catalog_;
  pg::Waiter& waiter_;
  std::vector<Group> groups_ = {};
  std::int64_t subtransactions_ = 0;
};

}  // namespace playmirror::sync
