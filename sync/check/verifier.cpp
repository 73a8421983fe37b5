#include "sync/check/verifier.hpp"

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/row_comparer.hpp"
#include "core/ingest/table_state.hpp"
#include "sync/check/block_comparison.hpp"
#include "sync/session/parts.hpp"
#include "sync/session/taken_rights.hpp"

#include <algorithm>
#include <limits>
#include <string>
#include <utility>

namespace playmirror::sync {
namespace {

/// Bytes of rows compared at a time.
constexpr std::size_t kBatchBytes = 4 << 20;

/// A field that the mirror can hold at all: the comparison must not fail where a pull did not.
constexpr std::int64_t kFieldCap = 1'000'000'000;

std::string readable(std::string key) {
  std::ranges::replace(key, '\x1f', ' ');
  return key;
}

}  // namespace

Verifier::Verifier(ServerSession& session, MirrorState& mirror, const VerifyOptions& options,
                   pg::Waiter& waiter, VerifyReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void Verifier::run() {
  without_taken_rights(session_, [this] {
    report_ = {};
    if (options_.depth == VerifyDepth::full || !compare_blocks()) compare_rows();
  });
  report_.equal = report_.skipped.empty() && report_.difference_count == 0;
}

bool Verifier::compare_blocks() {
  const SteadyReader reader(mirror_);
  BlockComparison blocks(session_, waiter_);
  blocks.run(reader.database());
  session_.connection(waiter_).abandon_transaction();
  if (!blocks.comparable()) return false;
  report_.depth = VerifyDepth::quick;
  report_.skipped = blocks.skipped();
  for (auto& [name, table] : blocks.tables()) {
    report_.rows_compared += table.rows;
    report_.blocks_compared += table.blocks;
    if (!table.missing_columns.empty()) {
      note({name, "", Difference::Kind::missing_here, table.missing_columns, true});
    }
    for (auto& [block, difference] : table.different) {
      ++report_.difference_count;
      if (static_cast<std::int64_t>(report_.blocks.size()) < options_.max_differences) {
        report_.blocks.push_back(std::move(difference));
      }
    }
  }
  return true;
}

void Verifier::compare_rows() {
  const Opening opening = session_.begin_reading(waiter_, std::chrono::seconds(2));
  // Both sides stand still for the length of the comparison.
  const SteadyReader reader(mirror_);
  check_identity(reader.database(), opening.moment.identity);
  const ingest::Scope scope = ingest::read_scope(reader.database());
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    ServerTable table = opening.catalog.tables.at(layout.name);
    table.scope = scope;
    if (table.problem) {
      report_.skipped[layout.name] = table.problem->sentence();
      continue;
    }
    compare(reader.database(), table, opening.moment);
  }
  session_.connection(waiter_).abandon_transaction();
}

void Verifier::compare(sqlite::Database& database, const ServerTable& table, const Moment& moment) {
  const schema::TableLayout layout = table.layout();
  const schema::TableLayout mirrored = ingest::read_layout(database, table.name);
  // The columns on both sides: one that is not mirrored yet is a difference of the whole table.
  std::vector<schema::ColumnLayout> columns;
  std::vector<std::string> missing;
  for (const schema::ColumnLayout& column : layout.columns) {
    if (mirrored.find(column.name)) {
      columns.push_back(column);
    } else {
      missing.push_back(column.name);
    }
  }
  if (!missing.empty()) {
    note({table.name, "", Difference::Kind::missing_here, missing, true});
  }

  const ingest::TableState state = ingest::read_state(database, table.name);
  const std::string newer = unseen_rows(database, table, state, moment.xmax);
  std::vector<schema::ColumnLayout> fields = columns;
  fields.push_back({"playmirror_newer", "bool", schema::ValueKind::boolean, 0});
  const std::string sql = "COPY (SELECT " + session_.select_list(table.name, columns) + ", " +
                          (newer.empty() ? "true" : newer) + " FROM " + session_.rows_of(layout) +
                          ") TO STDOUT (FORMAT binary)";

  ingest::RowComparer comparer(database, layout, fields, columns.size());
  ingest::CopySplitter splitter(table.name, fields, kFieldCap);
  ingest::RowBatch batch;
  std::int64_t rows = 0;
  const auto compare_batch = [&] {
    rows += batch.rows;
    comparer.compare(batch.bytes, [&](const ingest::RowReader& row, const std::string& key,
                                      const std::vector<std::string>& different) {
      const auto* is_newer = std::get_if<std::int64_t>(&row[columns.size()].value);
      note({table.name, readable(key),
            different.empty() ? Difference::Kind::missing_here : Difference::Kind::different,
            different, is_newer != nullptr && *is_newer != 0});
    });
    batch.clear();
    waiter_.progress({.phase = "verify", .table = table.name, .rows = rows});
  };
  session_.connection(waiter_).copy_out(sql, "compare " + table.name, waiter_,
                                        [&](std::size_t, std::string_view data) {
                                          splitter.feed(data, batch);
                                          if (batch.bytes.size() >= kBatchBytes) compare_batch();
                                        });
  splitter.finish();
  compare_batch();
  report_.rows_compared += rows;

  if (comparer.found() == ingest::count_rows(database, layout)) return;
  // There are more rows here: find out which.
  ingest::RowBatch keys;
  ingest::CopySplitter key_splitter(table.name, layout.key_columns(), kFieldCap);
  ingest::ServerKeys server_keys(database, layout);
  session_.connection(waiter_).copy_out(
      "COPY (SELECT " + session_.select_list(table.name, layout.key_columns()) + " FROM " +
          session_.rows_of(layout) + ") TO STDOUT (FORMAT binary)",
      "read the keys of " + table.name, waiter_, [&](std::size_t, std::string_view data) {
        key_splitter.feed(data, keys);
        if (keys.bytes.size() >= kBatchBytes) {
          server_keys.add(keys.bytes);
          keys.clear();
        }
      });
  key_splitter.finish();
  server_keys.add(keys.bytes);
  std::vector<std::string> blocks;
  for (const auto& [block, count] : ingest::count_blocks(database, layout)) blocks.push_back(block);
  constexpr auto kAll = std::numeric_limits<std::int64_t>::max();
  for (std::string& key : server_keys.list_gone(blocks, kAll)) {
    note({table.name, readable(std::move(key)), Difference::Kind::missing_on_server, {}, false});
  }
  server_keys.forget();
}

void Verifier::note(Difference difference) {
  ++report_.difference_count;
  if (static_cast<std::int64_t>(report_.differences.size()) < options_.max_differences) {
    report_.differences.push_back(std::move(difference));
  }
}

}  // namespace playmirror::sync
