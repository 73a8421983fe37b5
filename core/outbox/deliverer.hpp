#pragma once

#include "core/outbox/outbox.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::outbox {

/// An entry, and the id of its row on the server.
using Arrival = std::pair<const Entry*, std::int64_t>;

/// Takes rows that are on the server out of the outbox, inside the caller's transaction. Keeps its
/// statements prepared: make one for many rows.
class Deliverer {
 public:
  explicit Deliverer(sqlite::Database& database);

  /// The row is on the server under that id (ignored where the key is the id): the provisional id
  /// becomes that one in the mirrored table, the old one keeps resolving, the entry goes.
  void deliver(const Entry& entry, std::int64_t server_id);

  /// The same for many, of which those cost less whose entries and ids follow each other.
  void deliver(const std::vector<Arrival>& arrivals);

 private:
  struct TableStatements {
    sqlite::Statement renumber;
    sqlite::Statement remove;
    bool any_sent_again;  ///< whether older handles lead to rows that are pending
  };
  /// Whether these are many and the outbox holds nothing else.
  [[nodiscard]] bool are_all(const std::vector<Arrival>& arrivals);
  TableStatements& statements_for(const std::string& table);
  void renumber(const Entry& entry, std::int64_t server_id);

  sqlite::Database& database_;
  sqlite::Statement forget_;
  sqlite::Statement follow_;
  std::map<std::string, TableStatements> tables_;
};

}  // namespace playmirror::outbox
