#pragma once

#include "core/ingest/scope.hpp"
#include "sync/check/digest_query.hpp"
#include "sync/session/server_session.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/report.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::sync {

/// One table, compared block by block.
struct TableBlocks {
  schema::TableLayout layout = {};                 ///< of the mirrored table
  std::vector<schema::ColumnLayout> columns = {};  ///< compared: those of both sides
  std::vector<std::string> missing_columns = {};   ///< on the server only
  digest::BlockDigests here = {};
  ServerBlocks server = {};
  std::int64_t rows = 0;                                  ///< on the server
  std::int64_t blocks = 0;                                ///< of both sides together
  std::map<std::string, BlockDifference> different = {};  ///< by the block's own name
};

/// Compares the mirror with one moment of the server, block by block: counts and digests alone
/// travel. One round trip, unless a migration was here since the last pull.
class BlockComparison {
 public:
  BlockComparison(ServerSession& session, pg::Waiter& waiter)
      : session_(session), waiter_(waiter) {}

  /// Opens a transaction as begin_reading() does, which stays open. Throws ServerChanged when the
  /// server is not the one that the mirror follows. `here` stands still meanwhile.
  void run(sqlite::Database& here);

  /// The same, and asks about the witnesses of the server's history, for judge_witnesses().
  void run_with_witnesses(sqlite::Database& here);

  /// Throws when the server's rows contradict what the mirror knows of its history. A damaged
  /// mirror's rows do not say any more what they were: then only those who wrote them count.
  void judge_witnesses(bool is_damaged);

  [[nodiscard]] const Opening& opening() const noexcept { return opening_; }

  /// What the mirror holds of the server's rows.
  [[nodiscard]] const ingest::Scope& scope() const noexcept { return scope_; }

  /// False: the server's digests are not ours. Then every block counts as different.
  [[nodiscard]] bool comparable() const noexcept { return comparable_; }

  /// By name; a table that cannot be compared is in skipped() instead, with the reason.
  [[nodiscard]] std::map<std::string, TableBlocks>& tables() noexcept { return tables_; }
  [[nodiscard]] const std::map<std::string, std::string>& skipped() const noexcept {
    return skipped_;
  }

 private:
  [[nodiscard]] std::vector<pg::Command> commands(const sqlite::Database& here,
                                                  const Catalog& catalog);
  [[nodiscard]] digest::BlockDigests digest_here(sqlite::Database& here, const TableBlocks& table);
  [[nodiscard]] ServerTable on_server(const std::string& name) const;
  [[nodiscard]] bool fits(const TableBlocks& table) const;
  void ask(sqlite::Database& here);
  void compare(TableBlocks& table);

  ServerSession& session_;
  pg::Waiter& waiter_;
  ingest::Scope scope_ = {};
  Opening opening_ = {};
  bool ask_witnesses_ = false;
  std::optional<WitnessHearing> hearing_ = {};
  Catalog asked_for_ = {};  ///< that the commands were written for
  bool comparable_ = false;
  std::map<std::string, TableBlocks> tables_ = {};
  std::map<std::string, std::string> skipped_ = {};
};

}  // namespace playmirror::sync
