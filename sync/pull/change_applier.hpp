#pragma once

#include "core/ingest/row_spool.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"
#include "sync/pg/wait.hpp"
#include "sync/pull/change_reader.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <vector>

namespace playmirror::sync {

/// Writes what a ChangeReader has read into the mirror, inside the caller's transaction, and counts
/// it in the report: parents before children, and what is gone the other way round.
class ChangeApplier {
 public:
  ChangeApplier(sqlite::Database& database, const PullOptions& options, pg::Waiter& waiter,
                SyncReport& report);

  void apply(std::vector<TableChanges>& changes);

 private:
  /// Puts what was sent to a table, and the one in its place lacks, back into the outbox.
  void requeue_replaced(std::vector<TableChanges>& changes);

  /// Likewise the tracks and artists that a server of another history lacks, as far as pending rows
  /// refer to them.
  void requeue_lost_parents(std::vector<TableChanges>& changes);

  void write(TableChanges& table);
  ingest::WriteCounts write(const TableChanges& table, ingest::RowSpool& rows,
                            const std::vector<schema::ColumnLayout>& columns,
                            ingest::WriteMode mode);

  /// Keeps the rows, with a warning, when they are too many to go unasked.
  void delete_gone(TableChanges& table);

  sqlite::Database& database_;
  const PullOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
};

}  // namespace playmirror::sync
