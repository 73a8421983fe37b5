#pragma once

#include "core/outbox/outbox.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/server_session.hpp"

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

/// How much of a table has to be searched for rows that are there already.
struct KnownRows {
  bool none_new = false;        ///< the mirror knows every row: nothing to search
  std::string newer_than = {};  ///< a condition on xmin, or empty to search the whole table
};

/// Inserts entries inside an open READ COMMITTED transaction that holds the push lock: each row
/// that the server has already is found, each one that lacks its parent waits, the rest is
/// inserted. A batch with a row that the server refuses is split, under savepoints, until that row
/// is alone.
class BatchInserter {
 public:
  /// `first` is sent along with the first rows.
  BatchInserter(ServerSession& session, const Catalog& catalog, std::vector<pg::Command> first,
                pg::Waiter& waiter);

  /// All entries must be of one table.
  std::vector<PushedRow> insert(const std::vector<const outbox::Entry*>& entries,
                                const KnownRows& known);

 private:
  [[nodiscard]] std::optional<outbox::Refusal> table_problem(const ServerTable& table,
                                                             const outbox::Entry& entry) const;
  void insert_split(std::vector<const outbox::Entry*> entries, const KnownRows& known,
                    std::vector<PushedRow>& rows);
  void insert_all(const std::vector<const outbox::Entry*>& entries, const KnownRows& known,
                  std::vector<PushedRow>& rows);

  ServerSession& session_;
  const Catalog& catalog_;
  std::vector<pg::Command> first_;
  pg::Waiter& waiter_;
};

}  // namespace playmirror::sync
