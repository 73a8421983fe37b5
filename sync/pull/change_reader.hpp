#pragma once

#include "core/ingest/row_spool.hpp"
#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/state.hpp"
#include "sync/pull/reach.hpp"
#include "sync/session/server_session.hpp"
#include "sync/session/witnesses.hpp"

#include <playmirror/server.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::sync {

/// What one snapshot of the server says has changed in one table, received and not yet applied.
struct TableChanges {
  schema::TableLayout layout = {};  ///< the server's columns now
  ingest::LayoutChange layout_change = {};
  bool swept = true;              ///< else only some rows were looked at, and none was counted
  bool replaced = false;          ///< another table has taken the place of the one that was read
  bool is_foreign = false;        ///< the rows may be of another history than the mirrored ones
  std::int64_t relation = 0;      ///< the server's oid of the table
  std::string parts = {};         ///< see ServerTable
  ingest::RowSpool changed = {};  ///< whole rows at or after the horizon
  std::vector<schema::ColumnLayout> fill_columns = {};  ///< key and added columns
  ingest::RowSpool fill = {};                           ///< their values for every row
  std::optional<std::int64_t> here = {};  ///< rows of the server's that the mirror holds
  std::int64_t server_rows = 0;
  std::int64_t unkeyed = 0;  ///< of them those that share their key with another, or have none
  std::vector<std::string> blocks_to_thin = {};  ///< key blocks that hold rows the server lacks
  ingest::RowSpool keys = {};                    ///< the server's keys in those blocks
  std::int64_t gone = 0;                         ///< rows that will be deleted
};

/// Reads changes inside a transaction of ServerSession::begin_reading().
class ChangeReader {
 public:
  /// `held` is what of the server's rows the mirror holds; the tables to come may hold more.
  ChangeReader(ServerSession& session, MirrorState& mirror, ingest::Scope held,
               const PullOptions& options, pg::Waiter& waiter);

  /// Asks, for every table that is swept: its rows at or after the table's horizon, the values of
  /// new columns, the rows on this side of its cut that lay beyond the old one, and the number of
  /// rows. If there is one that is not, for the new plays within `reach`. `xmax` as in
  /// horizon_condition(); `moment` is looked at when rows arrive. Rows and counts are those for
  /// which `filter` is true, if there is one.
  std::vector<pg::Command> questions(const std::vector<ServerTable>& tables, const Reach& reach,
                                     std::int64_t xmax, const Moment& moment,
                                     const std::string& filter);

  /// Counts the mirrored rows that compare_keys() compares with the server's. That takes longer the
  /// more there are, so it is to be done while the server is at work. Only the holder of the sync
  /// lock changes their number.
  void count_here();

  /// After the answers to a pull by ids: asks for the tracks of its plays that the mirror has not
  /// got from the server, for their links, and for the artists of these. No round trip when it has
  /// all tracks; else one.
  void fetch_missing_tracks(const Moment& moment);

  /// Finds what the server has deleted, and rows that the mirror should have and has not, for the
  /// tables whose row counts do not add up. No round trip when they all do; else two.
  void compare_keys();

  /// What the answers said.
  [[nodiscard]] std::vector<TableChanges>& changes() noexcept { return changes_; }

  /// Reads some columns of the rows under a condition, in pieces. `layout` and `spool` must live
  /// until it has run.
  pg::Command rows_command(const schema::TableLayout& layout,
                           const std::vector<schema::ColumnLayout>& columns,
                           const std::string& condition, ingest::RowSpool& spool);

  /// The latest written of the changed rows.
  [[nodiscard]] const NewestRows& newest() const noexcept { return newest_; }

 private:
  /// All columns of rows at or after a horizon, which newest() takes note of.
  pg::Command changes_command(TableChanges& change, const std::string& newer, const Moment& moment);

  /// The same and the number of all rows, in one scan. `newer` as of horizon_range().
  pg::Command sweep_command(TableChanges& change, const std::string& newer, const Moment& moment,
                            const std::string& filter);

  pg::Command count_command(TableChanges& change, bool has_unique_key, const std::string& filter);

  /// Null for a table that is not asked about.
  [[nodiscard]] TableChanges* changes_of(std::string_view table);

  [[nodiscard]] std::string select(const std::string& fields, const schema::TableLayout& layout,
                                   const std::string& condition) const;

  /// How many of the server's rows the mirror holds. Once all rows were counted and found to be as
  /// many as were written, what is written since tells it, and that takes no longer for more rows.
  /// What a foreign hand does to the open file shows when it is opened again.
  [[nodiscard]] std::int64_t count_held(const sqlite::Database& database,
                                        const schema::TableLayout& table);

  /// The condition on rows that only the scope has kept away so far; empty when there are none.
  [[nodiscard]] std::string older_rows(const schema::TableLayout& layout,
                                       const std::string& newer) const;

  ServerSession& session_;
  MirrorState& mirror_;
  ingest::Scope held_;
  const PullOptions& options_;
  pg::Waiter& waiter_;
  std::vector<TableChanges> changes_;
  NewestRows newest_;
  bool rows_add_up_ = true;  ///< the tables that were counted hold what was written to them
};

}  // namespace playmirror::sync
