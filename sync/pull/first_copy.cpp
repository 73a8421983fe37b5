#include "sync/pull/first_copy.hpp"

#include "core/columns/rebuild.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "core/outbox/requeue.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/pull/batch_writer.hpp"
#include "sync/pull/copy_ranges.hpp"
#include "sync/session/parts.hpp"

#include <algorithm>
#include <chrono>
#include <string>
#include <utility>

namespace playmirror::sync {
namespace {

/// Bytes of rows handed to the writing thread at once, and written in one local transaction. Some
/// four of them are alive at a time.
constexpr std::size_t kBatchBytes = 2 << 20;

}  // namespace

FirstCopy::FirstCopy(ServerSession& session, MirrorState& mirror, const PullOptions& options,
                     pg::Waiter& waiter, SyncReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

bool FirstCopy::run(const std::vector<ServerTable>& tables, const Moment& moment, bool is_last) {
  is_last_ = is_last;
  mirror_.write(
      [&](sqlite::Database& database) {
        store_identity(database, moment.identity);
        for (const ServerTable& table : tables) prepare(database, table, moment);
      },
      [this] { waiter_.tick(); });
  measure(tables);
  std::optional<MirrorState::Unlogged> unlogged;
  if (begun_here_) unlogged.emplace(mirror_);
  PLAYMIRROR_STEP("copy.prepared");
  for (const auto phase : {ingest::CopyState::copying, ingest::CopyState::filling}) {
    for (const ServerTable& table : tables) {
      if (!copy(table, phase)) return false;
    }
  }
  return true;
}

void FirstCopy::measure(const std::vector<ServerTable>& tables) {
  std::string relations;
  for (const ServerTable& table : tables) {
    relations += (relations.empty() ? "" : ", ") + std::to_string(table.relation);
  }
  pg::Command sizes;
  sizes.sql =
      "SELECT relname, pg_catalog.pg_relation_size(oid) / "
      "pg_catalog.current_setting('block_size')::bigint FROM pg_catalog.pg_class WHERE oid IN (" +
      relations + ")";
  sizes.doing = "ask how large the tables are";
  sizes.on_row = [this](const pg::Row& row) { blocks_[row.text(0)] = row.integer(1); };
  Opening opening;
  session_.begin_reading(waiter_, options_.lock_timeout, opening, [&](const Opening&) {
    Companions companions;
    companions.behind.push_back(sizes);
    return companions;
  });
  session_.connection(waiter_).abandon_transaction();
}

void FirstCopy::prepare(sqlite::Database& database, const ServerTable& table,
                        const Moment& moment) {
  ingest::TableState state = ingest::read_state(database, table.name);
  begun_here_ = begun_here_ && state.copy == ingest::CopyState::empty;
  if (state.copy == ingest::CopyState::copied || state.copy == ingest::CopyState::complete) return;
  const schema::TableLayout layout = table.layout();
  const auto change = ingest::compare(ingest::read_layout(database, table.name), layout);
  if (!change.empty()) {
    ingest::adopt_layout(database, layout, change);
    // Rows that came before a column was there are copied again with it.
    if (!change.fill.empty() || change.rekeyed) state.copy = ingest::CopyState::empty;
  }
  if (state.copy == ingest::CopyState::empty) {
    state.copy = ingest::CopyState::copying;
    state.copied_to.reset();
    const bool horizon = PLAYMIRROR_SAFEGUARD("horizon of a first copy");
    state.horizon = horizon ? moment.xmin : moment.xmax;
    // What was sent before may have gone to another table than this one.
    if (state.relation != 0 && state.relation != table.relation && layout.has_integer_key()) {
      outbox::requeue_delivered(database, table.name, {});
    }
    state.relation = table.relation;
    store_parts(database, table.name, table.parts);
    if (table.name == "play_history") columns::drop(database);
    digest::forget_digests(database);
    // Built in one go after the rows, an index costs a fraction of what it costs row by row.
    for (const std::string& index : schema::index_names(table.name)) {
      database.execute("DROP INDEX IF EXISTS " + sqlite::quoted(index));
    }
  }
  ingest::write_state(database, table.name, state);
}

bool FirstCopy::copy(const ServerTable& table, ingest::CopyState phase) {
  ingest::TableState state;
  mirror_.read_as_writer(
      [&](const sqlite::Database& database) { state = ingest::read_state(database, table.name); });
  if (state.copy != phase) return true;
  const schema::TableLayout layout = table.layout();
  std::vector<schema::ColumnLayout> columns;
  bool any_bulky = false;
  for (const schema::ColumnLayout& column : layout.columns) {
    const bool bulky = schema::is_bulky(table.name, column.name);
    const bool key = std::ranges::find(layout.key, column.name) != layout.key.end();
    any_bulky = any_bulky || bulky;
    if (key || bulky == (phase == ingest::CopyState::filling)) columns.push_back(column);
  }
  const bool any_values = any_bulky || phase == ingest::CopyState::copying;
  if (any_values && !copy_ranges(table, layout, columns, state)) return false;

  waiter_.progress({.phase = "index", .table = table.name}, true);
  mirror_.write(
      [&](sqlite::Database& database) {
        ingest::TableState done = ingest::read_state(database, table.name);
        done.copied_to.reset();
        done.copy = any_bulky && phase == ingest::CopyState::copying ? ingest::CopyState::filling
                                                                     : ingest::CopyState::copied;
        ingest::write_state(database, table.name, done);
        for (const std::string& sql : schema::create_index_sql(table.name)) database.execute(sql);
        if (table.name == "play_history" && !(plays_ && plays_->finish(database))) {
          columns::rebuild(database);
        }
      },
      [this] { waiter_.tick(); }, MirrorState::Durability::later);
  plays_.reset();
  return true;
}

void FirstCopy::store_digests(bool tracks_changed) {
  // A track that changes while the tracks are filled can be filled twice.
  if (!begun_here_ || !all_filled_ || tracks_changed) return;
  mirror_.write(
      [&](sqlite::Database& database) {
        if (digests_.are_of(database)) digests_.store(database);
      },
      [this] { waiter_.tick(); }, MirrorState::Durability::later);
}

bool FirstCopy::copy_ranges(const ServerTable& table, const schema::TableLayout& layout,
                            const std::vector<schema::ColumnLayout>& columns,
                            const ingest::TableState& state) {
  BatchWriter writer(mirror_, layout, columns, state);
  std::string begin;
  for (const pg::Command& command : session_.reading_commands(options_.lock_timeout, layout.name)) {
    begin += command.sql + "; ";
  }
  const auto ranges = make_ranges(table, layout, columns, blocks_[table.name], state.copied_to);
  const bool filling = state.copy == ingest::CopyState::filling;
  if (layout.name == "play_history" && !state.copied_to) {
    mirror_.read_as_writer(
        [&](const sqlite::Database& database) { plays_.emplace(database, columns); });
  }
  auto digests = digests_.table(
      layout, columns,
      filling ? digest::LoadedDigests::Part::values : digest::LoadedDigests::Part::rows);
  Progress progress{.phase = "first copy", .table = layout.name};
  ingest::RowBatch batch;
  const auto hand_over = [&] {
    progress.rows += batch.rows;
    ingest::RowReader row(batch.bytes, columns);
    while (row.next()) {
      digests.add(row);
      if (plays_) plays_->add(row);
    }
    BatchWriter::Along blocks;
    if (plays_)
      blocks = [complete = plays_->take_blocks()](sqlite::Database& database) {
        for (const auto& block : complete) columns::write_block(database, block);
      };
    batch = writer.put(std::move(batch), ranges->position(), std::move(blocks), waiter_);
  };
  std::int64_t again = 0;  // rows that were handed over and come once more
  for (bool more = true; more;) {
    const auto position = ranges->position();
    const std::string sql = begin + "COPY (SELECT " + session_.select_list(layout.name, columns) +
                            " FROM " + session_.rows_of(layout) + ranges->clause() +
                            ") TO STDOUT (FORMAT binary); COMMIT";
    ingest::CopySplitter splitter(layout.name, columns, options_.field_cap);
    RangeSize size;
    const auto begun = std::chrono::steady_clock::now();
    const auto receive = [&](std::size_t, std::string_view data) {
      const std::int64_t before = batch.rows;
      splitter.feed(data, batch);
      size.rows += batch.rows - before;
      size.bytes += static_cast<std::int64_t>(data.size());
      if (batch.bytes.size() >= kBatchBytes) {
        ranges->note(batch);
        hand_over();
      }
      waiter_.progress(progress);
    };
    bool took_too_long = false;
    try {
      session_.connection(waiter_).copy_out(sql, "copy " + layout.name, waiter_, receive);
    } catch (const pg::StatementFailed& failure) {
      // A migration has taken a column away, or the table or a privilege.
      const bool altered = pg::classify(failure.diagnostics()).table_at_fault && !is_last_;
      const bool outdated = altered || is_rewritten(failure);
      if (!outdated && !(failure.took_too_long() && ranges->shrink())) throw;
      session_.connection(waiter_).abandon_transaction();
      if (outdated) return false;
      took_too_long = true;
    } catch (const pg::TransactionTimedOut&) {
      if (!ranges->shrink()) throw;
      took_too_long = true;
    }
    if (took_too_long) {
      if (ranges->position() == position && size.rows > batch.rows) {
        // What is added up of the rows would have them twice: it will be made of the file.
        again += size.rows - batch.rows;
        all_filled_ = false;
        plays_.reset();
      }
      batch.clear();
      continue;
    }
    splitter.finish();
    PLAYMIRROR_STEP("copy.range");
    size.time = std::chrono::steady_clock::now() - begun;
    if (batch.rows > 0) ranges->note(batch);
    more = ranges->advance(size);
    hand_over();
  }
  writer.drain(waiter_);
  waiter_.progress(progress, true);
  if (filling && writer.counts().unchanged > 0) all_filled_ = false;
  if (!filling) report_.pulled[layout.name].inserted += writer.counts().inserted - again;
  report_.already_there += writer.counts().delivered;
  return true;
}

}  // namespace playmirror::sync