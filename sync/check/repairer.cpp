#include "sync/check/repairer.hpp"

#include "core/columns/check.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/rebuild.hpp"
#include "core/digest/book_checks.hpp"
#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/odd_values.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/mend.hpp"
#include "core/outbox/outbox.hpp"
#include "core/outbox/restore.hpp"
#include "core/salvage/mended_books.hpp"
#include "core/schema/shape.hpp"
#include "core/sqlite/watched.hpp"
#include "core/test_hooks.hpp"
#include "sync/pull/change_reader.hpp"
#include "sync/pull/delete_guard.hpp"
#include "sync/pull/puller.hpp"
#include "sync/session/taken_rights.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstdint>
#include <iterator>
#include <optional>
#include <string>
#include <utility>

namespace playmirror::sync {
namespace {

bool is_damage(const Error& error) {
  return error.code() == ErrorCode::damaged || error.code() == ErrorCode::not_a_mirror;
}

/// Why only a pull can bring the rows of this table; empty when a repair can.
std::string reason_for_a_pull(const ingest::TableState& state, const ServerTable& table) {
  if (state.copy != ingest::CopyState::complete && state.copy != ingest::CopyState::copied) {
    return "its first copy has not ended; the next pull goes on with it";
  }
  // What was sent from here may be missing there, and is to be sent again.
  if (state.relation != 0 && state.relation != table.relation) {
    return "it is another table than the one that was mirrored; the next pull reads it whole";
  }
  return {};
}

std::string big_endian(std::int64_t value) {
  std::string bytes(sizeof value, '\0');
  auto rest = static_cast<std::uint64_t>(value);
  for (auto byte = bytes.rbegin(); byte != bytes.rend(); ++byte, rest >>= 8) {
    *byte = static_cast<char>(rest & 0xff);
  }
  return bytes;
}

/// The keys of received rows, in the form in which they would have come alone.
ingest::RowBatch keys_of(std::string_view rows, const schema::TableLayout& table,
                         const std::vector<schema::ColumnLayout>& columns) {
  std::vector<std::size_t> fields;
  for (const std::string& column : table.key) {
    const auto found = std::ranges::find(columns, column, &schema::ColumnLayout::name);
    fields.push_back(static_cast<std::size_t>(found - columns.begin()));
  }
  ingest::RowBatch keys;
  ingest::RowReader reader(rows, columns);
  while (reader.next()) {
    ingest::RowBuilder builder(keys, fields.size());
    for (const std::size_t field : fields) {
      const auto* integer = std::get_if<std::int64_t>(&reader[field].value);
      builder.field(integer != nullptr ? big_endian(*integer) : reader.key_text(field));
    }
  }
  return keys;
}

}  // namespace

Repairer::Repairer(ServerSession& session, MirrorState& mirror, const RepairOptions& options,
                   pg::Waiter& waiter, RepairReport& report)
    : session_(session), mirror_(mirror), options_(options), waiter_(waiter), report_(report) {}

void Repairer::run() {
  report_ = {};
  try {
    const bool is_to_be_read = mend_books();
    const RepairReport begun = report_;
    without_taken_rights(session_, [&] {
      report_ = begun;
      repair_in_place();
      if (is_to_be_read) read_all_rows();
    });
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
    session_.connection_if_any([](pg::Connection& server) { server.abandon_transaction(); });
    start_anew();
  }
}

bool Repairer::mend_books() {
  std::vector<digest::BookPart> damaged;
  {
    const SteadyReader reader(mirror_);
    damaged = digest::damaged_books(reader.database(), digest::Books::all);
  }
  if (damaged.empty()) return false;
  std::optional<ServerIdentity> identity;
  const digest::BookPart of_server{digest::Book::meta, std::string(digest::kServerPart)};
  if (std::ranges::find(damaged, of_server) != damaged.end()) identity = identify();
  bool is_to_be_read = false;
  std::vector<std::string> warnings;
  mirror_.write(
      [&](sqlite::Database& database) {
        is_to_be_read = salvage::mend_books(database, damaged, warnings);
        if (identity) store_identity(database, *identity);
      },
      [this] { waiter_.tick(); });
  std::ranges::move(warnings, std::back_inserter(report_.warnings));
  PLAYMIRROR_STEP("repair.mended");
  return is_to_be_read;
}

ServerIdentity Repairer::identify() {
  const Opening opening = session_.begin_reading(waiter_, std::chrono::seconds(2));
  session_.connection(waiter_).abandon_transaction();
  const ServerIdentity& now = opening.moment.identity;
  const SteadyReader reader(mirror_);
  // What damages a file changes one fact; another server has several others.
  if (facts_that_differ(reader.database(), now) > 1) check_identity(reader.database(), now);
  return now;
}

void Repairer::read_all_rows() {
  const PullOptions limits{.delete_limit = options_.delete_limit,
                           .confirm_deletes = options_.confirm_deletes,
                           .field_cap = options_.field_cap};
  SyncReport pulled;
  Puller(session_, mirror_, limits, waiter_, pulled).run();
  for (const auto& [name, table] : pulled.pulled) {
    TableRepair& report = report_.tables[name];
    report.rows_fetched += table.inserted + table.updated + table.unchanged;
    report.inserted += table.inserted;
    report.updated += table.updated;
    report.deleted += table.deleted;
    report.held_deletes = table.held_deletes;
    report.problem = table.problem;
  }
  // What the comparison left to it, it has done.
  report_.complete = pulled.complete;
  std::ranges::move(pulled.warnings, std::back_inserter(report_.warnings));
}

bool Repairer::is_sound() {
  auto reader = mirror_.reader();
  std::string verdict;
  sqlite::watched_aside(reader.database(), waiter_,
                        [&] { verdict = reader->query_text("PRAGMA integrity_check(1)"); });
  return verdict == "ok";
}

void Repairer::repair_in_place() {
  waiter_.progress({.phase = "verify"}, true);
  const bool sound = is_sound();
  check_tables();
  FileState file{.sound = sound};
  check_rows(file);
  if (file.sound) {
    // Columns that it finds damaged are built anew by the next write, which is ours.
    static_cast<void>(columns::check(mirror_, waiter_));
  } else {
    // They cannot be built before the indexes are: apply() drops them instead.
    mirror_.column_cache()->damaged = false;
  }
  if (!file.as_written) {
    // Before the blocks are compared: a value may have been another one.
    mirror_.write([](sqlite::Database& database) { ingest::drop_stray_odd_values(database); },
                  [this] { waiter_.tick(); });
  }
  BlockComparison comparison(session_, waiter_);
  std::vector<Fetched> fetched;
  {
    const SteadyReader reader(mirror_);
    comparison.run_with_witnesses(reader.database());
    // Rows that the mirror has newer would go back for good: no later pull reads them again.
    if (PLAYMIRROR_SAFEGUARD("no repair from the past")) {
      check_not_behind(reader.database(), comparison.opening().moment);
      comparison.judge_witnesses(!file.sound || !file.as_written);
    }
    PLAYMIRROR_STEP("repair.compared");
    for (const auto& [name, why] : comparison.skipped()) {
      report_.tables[name].problem = why;
      report_.complete = false;
    }
    for (auto& [name, table] : comparison.tables()) {
      report_.tables[name].blocks_compared = table.blocks;
      const std::string why = reason_for_a_pull(ingest::read_state(reader.database(), name),
                                                comparison.opening().catalog.tables.at(name));
      if (why.empty()) continue;
      table.different.clear();
      report_.tables[name].problem = why;
      report_.complete = false;
    }
  }
  fetched = choose(comparison);
  fetch(fetched, comparison.scope());
  session_.connection(waiter_).abandon_transaction();
  PLAYMIRROR_STEP("repair.fetched");
  apply(fetched, file, comparison.opening().moment);
  if (!file.sound) {
    mirror_.write([](sqlite::Database& database) { columns::rebuild_or_drop(database); },
                  [this] { waiter_.tick(); });
  }
  PLAYMIRROR_STEP("repair.applied");
}

void Repairer::check_tables() {
  const SteadyReader reader(mirror_);
  const auto problems = schema::check_shape(reader.database());
  if (problems.empty()) return;
  raise(ErrorCode::damaged, problems.front().where + ": " + problems.front().what);
}

void Repairer::check_rows(FileState& file) {
  const SteadyReader reader(mirror_);
  const auto digests = digest::check_digests(reader.database(), waiter_);
  file.as_written = digests.problems.empty();
  file.has_digests = digests.blocks > 0;
}

std::vector<Repairer::Fetched> Repairer::choose(BlockComparison& comparison) {
  std::vector<Fetched> fetched;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    const auto found = comparison.tables().find(layout.name);
    if (found == comparison.tables().end() || found->second.different.empty()) continue;
    Fetched& table = fetched.emplace_back();
    table.table = &found->second;
    for (const auto& [block, difference] : found->second.different) table.blocks.push_back(block);
    report_.tables[layout.name].blocks_fetched = static_cast<std::int64_t>(table.blocks.size());
  }
  return fetched;
}

void Repairer::fetch(std::vector<Fetched>& fetched, const ingest::Scope& scope) {
  const PullOptions limits{.field_cap = options_.field_cap};
  ChangeReader reader(session_, mirror_, scope, limits, waiter_);
  std::vector<pg::Command> commands;
  for (Fetched& each : fetched) {
    const std::vector<pg::Parameter> blocks(each.blocks.begin(), each.blocks.end());
    commands.push_back(reader.rows_command(
        each.table->layout, each.table->columns,
        session_.block_expression(each.table->layout) + " = ANY ($1::text[])", each.rows));
    commands.back().parameters = {pg::text_array(blocks)};
  }
  if (!commands.empty()) session_.connection(waiter_).pipeline(std::move(commands), waiter_);
  for (const Fetched& each : fetched) {
    report_.tables[each.table->layout.name].rows_fetched += each.rows.rows();
  }
}

void Repairer::apply(std::vector<Fetched>& fetched, const FileState& file, const Moment& moment) {
  waiter_.progress({.phase = "apply"}, true);
  mirror_.write(
      [&](sqlite::Database& database) {
        sqlite::watched(database, waiter_, [&] {
          // Whatever is wrong with an index goes when it is built anew from its rows.
          if (!file.sound) {
            columns::drop(database);
            database.execute("REINDEX");
          }
          if (!file.as_written && PLAYMIRROR_SAFEGUARD("recorded rows restored")) {
            outbox::restore_rows(database);
          }
          // Before rows go: one whose entry does not know it any more looks like one of the
          // server's.
          if ((file.as_written && file.has_digests) ||
              !PLAYMIRROR_SAFEGUARD("entries from rows as written")) {
            mend_entries(database);
          }
          for (Fetched& table : fetched) write_rows(database, table);
          std::for_each(fetched.rbegin(), fetched.rend(),
                        [&](Fetched& table) { delete_rows(database, table); });
          if (PLAYMIRROR_SAFEGUARD("damaged entries set aside"))
            set_damaged_entries_aside(database);
          forget_senseless_handles(database);
          // The mirror may hold rows now that a lagging replica has not seen.
          const std::int64_t known = meta::read_int(database, meta::kHighWater);
          if (PLAYMIRROR_SAFEGUARD("high water of a repair")) {
            meta::write(database, meta::kHighWater, std::max(known, moment.xmax));
          }
          const bool touched = !fetched.empty() || !file.sound || !file.as_written;
          if (touched && PLAYMIRROR_SAFEGUARD("digests made anew")) {
            digest::forget_digests(database);
            digest::make_digests(database, waiter_);
          }
          if (!file.sound && database.query_text("PRAGMA integrity_check(1)") != "ok") {
            raise(ErrorCode::damaged, "the file is damaged beyond its rows and indexes",
                  {.outcome = Outcome::rolled_back});
          }
        });
        PLAYMIRROR_STEP("repair.applying");
      },
      [this] { waiter_.tick(); });
}

void Repairer::write_rows(sqlite::Database& database, Fetched& fetched) {
  TableRepair& report = report_.tables[fetched.table->layout.name];
  ingest::RowWriter writer(database, fetched.table->layout, fetched.table->columns,
                           ingest::WriteMode::merge);
  fetched.rows.for_each([&](std::string_view rows) { writer.write(rows); });
  report.inserted += writer.counts().inserted;
  report.updated += writer.counts().updated;
}

void Repairer::delete_rows(sqlite::Database& database, Fetched& fetched) {
  const schema::TableLayout& layout = fetched.table->layout;
  TableRepair& report = report_.tables[layout.name];
  ingest::ServerKeys keys(database, layout);
  fetched.rows.for_each([&](std::string_view rows) {
    keys.add(keys_of(rows, layout, fetched.table->columns).bytes);
  });
  const DeletedRows rows = delete_gone(keys, fetched.blocks, fetched.table->rows,
                                       options_.delete_limit, options_.confirm_deletes);
  keys.forget();
  report.deleted += rows.deleted;
  report.held_deletes = rows.held;
  if (rows.held == 0) return;
  report_.complete = false;
  report_.warnings.push_back(std::to_string(rows.held) + " of " + std::to_string(rows.here) +
                             " rows of " + layout.name +
                             " are not on the server and were kept here; repair with "
                             "confirm_deletes to delete them");
}

void Repairer::mend_entries(sqlite::Database& database) {
  const auto mended = outbox::mend(database);
  if (mended.empty()) return;
  report_.warnings.push_back("what was recorded as entry " + std::to_string(mended.front()) +
                             (mended.size() > 1 ? " and others" : "") +
                             " did not match its checksum; it was taken from the mirrored row, "
                             "which is as it was written");
}

void Repairer::set_damaged_entries_aside(sqlite::Database& database) {
  report_.damaged_entries = outbox::verify(database).damaged;
  for (const std::int64_t entry : report_.damaged_entries) {
    outbox::set_aside(database, entry, PendingState::rejected,
                      {.message = "what was recorded is damaged: it does not match its checksum"});
  }
}

void Repairer::forget_senseless_handles(sqlite::Database& database) {
  const auto senseless = outbox::senseless_handles(database);
  if (senseless.empty()) return;
  outbox::forget_senseless_handles(database);
  report_.warnings.push_back("what has become of handle " + std::to_string(senseless.front()) +
                             (senseless.size() > 1 ? " and others" : "") +
                             " is not known any more; find the rows by what they are");
}

void Repairer::start_anew() {
  // As far as the file still tells: a new mirror would follow any server.
  std::optional<ServerIdentity> known;
  try {
    known = stored_identity(mirror_.reader().database());
  } catch (const Error& error) {
    if (!is_damage(error)) throw;
  }
  const Opening opening = session_.begin_reading(waiter_, std::chrono::seconds(2));
  session_.connection(waiter_).abandon_transaction();
  if (known) check_identity(*known, opening.moment.identity);

  report_ = {};
  report_.salvaged = mirror_.renew([this] { waiter_.tick(); });
  PLAYMIRROR_STEP("repair.renewed");
  const PullOptions limits{.field_cap = options_.field_cap};
  SyncReport pulled;
  Puller(session_, mirror_, limits, waiter_, pulled).run();
  for (const auto& [name, table] : pulled.pulled) {
    report_.tables[name].rows_fetched = table.inserted + table.updated + table.unchanged;
    report_.tables[name].inserted = table.inserted;
    report_.tables[name].problem = table.problem;
  }
  report_.complete = pulled.complete;
  std::ranges::move(pulled.warnings, std::back_inserter(report_.warnings));
}

}  // namespace playmirror::sync
