#pragma once

#include "core/ingest/row_spool.hpp"
#include "core/mirror/state.hpp"
#include "sync/check/block_comparison.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <string>
#include <vector>

namespace playmirror::sync {

/// Puts a damaged mirror right. The caller holds the mirror's sync lock.
///
/// In place where SQLite can still read and write the file: the blocks whose digests differ are
/// fetched whole, in one moment of the server, and applied in one local transaction. Else the file
/// is set aside, and a new one filled. Either way no pending row is touched but those that cannot
/// be sent, whose images are damaged.
class Repairer {
 public:
  Repairer(ServerSession& session, MirrorState& mirror, const RepairOptions& options,
           pg::Waiter& waiter, RepairReport& report);

  void run();

 private:
  /// The blocks of one table that differ, with the server's rows in them.
  struct Fetched {
    TableBlocks* table = nullptr;
    std::vector<std::string> blocks = {};
    ingest::RowSpool rows = {};
  };

  /// What the file says of itself.
  struct FileState {
    bool sound = true;         ///< SQLite finds nothing wrong
    bool as_written = true;    ///< the digests of all blocks are those of the rows
    bool has_digests = false;  ///< there are any
  };

  /// Puts damaged bookkeeping right. True when it does not tell any more which rows are to be read.
  [[nodiscard]] bool mend_books();
  /// Which server the mirror follows, where the file is not to be believed.
  [[nodiscard]] ServerIdentity identify();
  void read_all_rows();
  void repair_in_place();
  [[nodiscard]] bool is_sound();
  /// Throws `damaged` when tables of the file are not those that playmirror made: rows cannot be
  /// written to them.
  void check_tables();
  void check_rows(FileState& file);
  [[nodiscard]] std::vector<Fetched> choose(BlockComparison& comparison);
  void fetch(std::vector<Fetched>& fetched, const ingest::Scope& scope);
  void apply(std::vector<Fetched>& fetched, const FileState& file, const Moment& moment);
  void write_rows(sqlite::Database& database, Fetched& fetched);
  void delete_rows(sqlite::Database& database, Fetched& fetched);
  void mend_entries(sqlite::Database& database);
  void set_damaged_entries_aside(sqlite::Database& database);
  void forget_senseless_handles(sqlite::Database& database);
  void start_anew();

  ServerSession& session_;
  MirrorState& mirror_;
  const RepairOptions& options_;
  pg::Waiter& waiter_;
  RepairReport& report_;
};

}  // namespace playmirror::sync
