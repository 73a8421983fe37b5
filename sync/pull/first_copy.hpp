#pragma once

#include "core/columns/loaded_plays.hpp"
#include "core/digest/loaded_digests.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/state.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::sync {

/// Copies whole tables for the first time, range by range (copy_ranges.hpp), each in a transaction
/// of its own, so that neither a migration nor vacuum waits for long and a broken copy goes on
/// where it stopped. The ranges come from different moments; the pull that follows reads everything
/// since `moment`, which must be older than all of them, and so brings the mirror to one moment.
///
/// The calling thread receives, and adds up what is to be known of the rows as a whole; a second
/// one writes; a few batches of rows lie between them.
class FirstCopy {
 public:
  FirstCopy(ServerSession& session, MirrorState& mirror, const PullOptions& options,
            pg::Waiter& waiter, SyncReport& report);

  /// False when a table was rewritten or altered meanwhile: run() has to be called again, with the
  /// catalog as it is then. `is_last`: it will not be, and what the server refuses throws.
  [[nodiscard]] bool run(const std::vector<ServerTable>& tables, const Moment& moment,
                         bool is_last);

  /// Keeps the digests of the rows that were copied, if they are known without reading them again.
  /// Call before the pull that follows is applied; `tracks_changed` when it brings any track.
  void store_digests(bool tracks_changed);

 private:
  void prepare(sqlite::Database& database, const ServerTable& table, const Moment& moment);

  void measure(const std::vector<ServerTable>& tables);

  /// The phase `copying` brings the rows without their bulky columns, `filling` brings those.
  [[nodiscard]] bool copy(const ServerTable& table, ingest::CopyState phase);
  [[nodiscard]] bool copy_ranges(const ServerTable& table, const schema::TableLayout& layout,
                                 const std::vector<schema::ColumnLayout>& columns,
                                 const ingest::TableState& state);

  ServerSession& session_;
  MirrorState& mirror_;
  const PullOptions& options_;
  pg::Waiter& waiter_;
  SyncReport& report_;
  bool is_last_ = false;
  std::map<std::string, std::int64_t> blocks_;  ///< of each table when the copy began
  bool begun_here_ = true;                      ///< by this copy, and not by one that was broken
  bool all_filled_ = true;                      ///< no row to be filled was missing
  digest::LoadedDigests digests_ = {};
  std::optional<columns::LoadedPlays> plays_ = {};
};

}  // namespace playmirror::sync
