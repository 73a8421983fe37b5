#include "sync/pull/change_applier.hpp"

#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/row_identity.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "core/outbox/requeue.hpp"
#include "sync/pull/delete_guard.hpp"

#include <algorithm>
#include <cstdint>
#include <limits>
#include <string>
#include <string_view>

namespace playmirror::sync {

ChangeApplier::ChangeApplier(sqlite::Database& database, const PullOptions& options,
                             pg::Waiter& waiter, SyncReport& report)
    : database_(database), options_(options), waiter_(waiter), report_(report) {}

void ChangeApplier::apply(std::vector<TableChanges>& changes) {
  requeue_replaced(changes);
  for (TableChanges& table : changes) write(table);
  requeue_lost_parents(changes);
  std::for_each(changes.rbegin(), changes.rend(),
                [this](TableChanges& table) { delete_gone(table); });
}

void ChangeApplier::requeue_replaced(std::vector<TableChanges>& changes) {
  for (TableChanges& table : changes) {
    // Like a server of another history, a table that was restored may lack what was sent to the one
    // before it, or have given its ids to other rows.
    if (!table.replaced || !table.layout.has_integer_key()) continue;
    outbox::requeue_delivered(
        database_, table.layout.name,
        ingest::identities_of_delivered(database_, table.layout, table.changed));
  }
}

void ChangeApplier::requeue_lost_parents(std::vector<TableChanges>& changes) {
  for (const char* name : {"tracks", "artists"}) {
    const auto table = std::ranges::find(
        changes, name, [](const TableChanges& each) { return std::string_view(each.layout.name); });
    if (table == changes.end() || !table->is_foreign || table->blocks_to_thin.empty()) continue;
    ingest::ServerKeys keys(database_, table->layout);
    table->keys.for_each([&](std::string_view bytes) { keys.add(bytes); });
    outbox::requeue_parents(
        database_, name,
        keys.list_gone(table->blocks_to_thin, std::numeric_limits<std::int64_t>::max()));
    keys.forget();
  }
}

void ChangeApplier::write(TableChanges& table) {
  TableReport& report = report_.pulled[table.layout.name];
  if (!table.layout_change.empty()) {
    digest::forget_digests(database_);
    ingest::adopt_layout(database_, table.layout, table.layout_change);
    for (const auto& column : table.layout_change.fill) report.new_columns.push_back(column.name);
  }
  const ingest::WriteCounts counts =
      write(table, table.changed, table.layout.columns, ingest::WriteMode::merge);
  report.inserted += counts.inserted;
  report.updated += counts.updated;
  report.unchanged += counts.unchanged;
  report_.already_there += counts.delivered;
  write(table, table.fill, table.fill_columns, ingest::WriteMode::fill);
}

ingest::WriteCounts ChangeApplier::write(const TableChanges& table, ingest::RowSpool& rows,
                                         const std::vector<schema::ColumnLayout>& columns,
                                         ingest::WriteMode mode) {
  // A writer prepares statements of all columns, which most tables have no rows for.
  if (rows.rows() == 0) return {};
  ingest::RowWriter writer(database_, table.layout, columns, mode);
  rows.for_each([&](std::string_view bytes) {
    writer.write(bytes);
    waiter_.tick();
  });
  return writer.counts();
}

void ChangeApplier::delete_gone(TableChanges& table) {
  if (table.blocks_to_thin.empty()) return;
  TableReport& report = report_.pulled[table.layout.name];
  ingest::ServerKeys keys(database_, table.layout);
  table.keys.for_each([&](std::string_view bytes) { keys.add(bytes); });
  const DeletedRows rows = sync::delete_gone(keys, table.blocks_to_thin, table.server_rows,
                                             options_.delete_limit, options_.confirm_deletes);
  keys.forget();
  report.deleted += rows.deleted;
  report.held_deletes = rows.held;
  if (rows.held == 0) return;
  report_.warnings.push_back(std::to_string(rows.held) + " of " + std::to_string(rows.here) +
                             " rows of " + table.layout.name +
                             " are gone on the server and were kept here; pull with "
                             "confirm_deletes to delete them");
}

}  // namespace playmirror::sync
