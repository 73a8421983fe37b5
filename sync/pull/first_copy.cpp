#include "sync/pull/first_copy.hpp"

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/key_text.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "sync/pull/batch_writer.hpp"

#include <algorithm>
#include <string>
#include <utility>

namespace playmirror::sync {
namespace {

/// Bytes of rows handed to the writing thread at once, and written in one local transaction. Some
/// four of them are alive at a time.
constexpr std::size_t kBatchBytes = 2 << 20;

/// Bytes that one range should bring: some seconds at most even over a slow line at home, and far
/// more than a round trip is worth.
constexpr std::int64_t kRangeBytes = 64 << 20;

/// Rows of the first range, before the size of a row is known.
constexpr std::int64_t kFirstRangeRows = 20'000;
constexpr std::int64_t kMostRangeRows = 2'000'000;

std::string key_list(const schema::TableLayout& layout) {
  std::string list;
  for (const std::string& column : layout.key) {
    list += (list.empty() ? "" : ", ") + pg::quoted(column);
  }
  return list;
}

/// `(k1, k2) > ('a', 'b')` for a stored key.
std::string after_condition(const schema::TableLayout& layout, const std::string& key) {
  std::string values;
  for (const std::string& part : ingest::split_key(key)) {
    values += (values.empty() ? "" : ", ") + pg::literal(part);
  }
  return "(" + key_list(layout) + ") > (" + values + ")";
}

}  // namespace

FirstCopy::FirstCopy(ServerSession& session, MirrorState& mirror, const PullOptions& options,
                     pg::Waiter& waiter, SyncReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void FirstCopy::run(const std::vector<ServerTable>& tables, const Moment& moment) {
  mirror_.write(
      [&](sqlite::Database& database) {
        store_identity(database, moment.identity);
        for (const ServerTable& table : tables) prepare(database, table, moment);
      },
      [this] { waiter_.tick(); });
  for (const ServerTable& table : tables) copy(table, ingest::CopyState::copying);
  for (const ServerTable& table : tables) copy(table, ingest::CopyState::filling);
}

void FirstCopy::prepare(sqlite::Database& database, const ServerTable& table,
                        const Moment& moment) {
  ingest::TableState state = ingest::read_state(database, table.name);
  if (state.copy == ingest::CopyState::copied || state.copy == ingest::CopyState::complete) return;
  const schema::TableLayout layout = table.layout();
  const auto change = ingest::compare(ingest::read_layout(database, table.name), layout);
  if (!change.empty()) {
    ingest::adopt_layout(database, layout, change);
    // Rows that came before a column was there are copied again with it.
    if (!change.fill.empty()) state.copy = ingest::CopyState::empty;
  }
  if (state.copy == ingest::CopyState::empty) {
    state.copy = ingest::CopyState::copying;
    state.copied_to.reset();
    state.horizon = moment.xmin;
    state.relation = table.relation;
    // Built in one go after the rows, an index costs a fraction of what it costs row by row.
    for (const std::string& index : schema::index_names(table.name)) {
      database.execute("DROP INDEX IF EXISTS " + sqlite::quoted(index));
    }
  }
  ingest::write_state(database, table.name, state);
}

void FirstCopy::copy(const ServerTable& table, ingest::CopyState phase) {
  ingest::TableState state = ingest::read_state(mirror_.reader().database(), table.name);
  if (state.copy != phase) return;
  const schema::TableLayout layout = table.layout();
  std::vector<schema::ColumnLayout> columns;
  bool any_bulky = false;
  for (const schema::ColumnLayout& column : layout.columns) {
    const bool bulky = schema::is_bulky(table.name, column.name);
    const bool key = std::ranges::find(layout.key, column.name) != layout.key.end();
    any_bulky = any_bulky || bulky;
    if (key || bulky == (phase == ingest::CopyState::filling)) columns.push_back(column);
  }
  copy_ranges(layout, columns, std::move(state));

  waiter_.progress({.phase = "index", .table = table.name}, true);
  mirror_.write(
      [&](sqlite::Database& database) {
        ingest::TableState done = ingest::read_state(database, table.name);
        done.copied_to.reset();
        done.copy = any_bulky && phase == ingest::CopyState::copying ? ingest::CopyState::filling
                                                                     : ingest::CopyState::copied;
        ingest::write_state(database, table.name, done);
        for (const std::string& sql : schema::create_index_sql(table.name)) database.execute(sql);
      },
      [this] { waiter_.tick(); }, MirrorState::Durability::later);
}

void FirstCopy::copy_ranges(const schema::TableLayout& layout,
                            const std::vector<schema::ColumnLayout>& columns,
                            ingest::TableState state) {
  BatchWriter writer(mirror_, layout, columns, state);
  std::string begin;
  for (const pg::Command& command :
       session_.reading_commands(options_.lock_timeout, {layout.name})) {
    begin += command.sql + "; ";
  }
  std::optional<std::string> after = state.copied_to;
  std::int64_t limit = kFirstRangeRows;
  const bool filling = state.copy == ingest::CopyState::filling;
  Progress progress{.phase = "first copy", .table = layout.name};
  ingest::RowBatch batch;
  for (bool more = true; more;) {
    std::string sql =
        begin + "COPY (SELECT " + select_list(columns) + " FROM " + session_.qualified(layout.name);
    if (after) sql += " WHERE " + after_condition(layout, *after);
    sql += " ORDER BY " + key_list(layout) + " LIMIT " + std::to_string(limit) +
           ") TO STDOUT (FORMAT binary); COMMIT";
    ingest::CopySplitter splitter(layout.name, columns, options_.field_cap);
    std::int64_t rows = 0;
    std::int64_t bytes = 0;
    session_.connection(waiter_).copy_out(
        sql, "copy " + layout.name, waiter_, [&](std::size_t, std::string_view data) {
          const std::int64_t before = batch.rows;
          splitter.feed(data, batch);
          rows += batch.rows - before;
          bytes += static_cast<std::int64_t>(data.size());
          if (batch.bytes.size() >= kBatchBytes) {
            after = ingest::last_key(batch, layout, columns);
            batch = writer.put(std::move(batch), waiter_);
          }
          progress.rows += batch.rows > before ? batch.rows - before : 0;
          progress.bytes = session_.wire().bytes_received;
          waiter_.progress(progress);
        });
    splitter.finish();
    more = rows == limit;
    if (batch.rows > 0) {
      after = ingest::last_key(batch, layout, columns);
      batch = writer.put(std::move(batch), waiter_);
    }
    if (more) {
      limit = std::clamp(kRangeBytes * rows / std::max<std::int64_t>(bytes, 1), std::int64_t{1'000},
                         kMostRangeRows);
    }
  }
  writer.drain(waiter_);
  waiter_.progress(progress, true);
  if (!filling) report_.pulled[layout.name].inserted += writer.counts().inserted;
  report_.already_there += writer.counts().delivered;
}

}  // namespace playmirror::sync
