#pragma once

#include "core/ingest/table_state.hpp"
#include "core/mirror/state.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <vector>

namespace playmirror::sync {

/// Copies whole tables for the first time, range of keys by range of keys, each in a transaction of
/// its own, so that neither a migration nor vacuum waits for long and a broken copy goes on where
/// it stopped. The ranges come from different moments; the pull that follows reads everything since
/// `moment`, which must be older than all of them, and so brings the mirror to one moment.
///
/// The calling thread receives, a second one writes; a few batches of rows lie between them.
class FirstCopy {
 public:
  FirstCopy(ServerSession& session, MirrorState& mirror, const PullOptions& options,
            pg::Waiter& waiter, SyncReport& report);

  void run(const std::vector<ServerTable>& tables, const Moment& moment);

 private:
  void prepare(sqlite::Database& database, const ServerTable& table, const Moment& moment);

  /// The phase `copying` brings the rows without their bulky columns, `filling` brings those.
  void copy(const ServerTable& table, ingest::CopyState phase);
  void copy_ranges(const schema::TableLayout& layout,
                   const std::vector<schema::ColumnLayout>& columns, ingest::TableState state);

  ServerSession& session_;
  MirrorState& mirror_;
  const PullOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
};

}  // namespace playmirror::sync
