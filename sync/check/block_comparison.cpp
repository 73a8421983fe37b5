#include "sync/check/block_comparison.hpp"

#include "core/ingest/key_blocks.hpp"
#include "core/ingest/table_state.hpp"
#include "sync/pg/failure.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <iterator>
#include <set>
#include <utility>

namespace playmirror::sync {
namespace {

/// A repair is the last thing that a migration should wait for.
constexpr std::chrono::milliseconds kLockTimeout{2'000};

}  // namespace

void BlockComparison::run(sqlite::Database& here) {
  ask(here);
  check_identity(here, opening_.moment.identity);
  for (auto& [name, table] : tables_) compare(table);
}

void BlockComparison::run_with_witnesses(sqlite::Database& here) {
  ask_witnesses_ = true;
  run(here);
}

void BlockComparison::judge_witnesses(bool is_damaged) {
  if (!hearing_) return;
  if (is_damaged) hearing_->disregard_rows_here();
  hearing_->judge(opening_.moment);
}

void BlockComparison::ask(sqlite::Database& here) {
  // First by the columns that the mirror knows: as a rule they are still the server's, and then
  // the question needs no look at the catalog before it.
  scope_ = ingest::read_scope(here);
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    TableBlocks& table = tables_[layout.name];
    table.layout = ingest::within(ingest::read_layout(here, layout.name), scope_);
    table.columns = table.layout.columns;
    // Before the server is asked: its transaction should not wait for this.
    table.here = digest_here(here, table);
  }
  try {
    session_.begin_reading(waiter_, kLockTimeout, opening_, [&](const Opening& last) {
      return Companions{.behind = commands(here, last.catalog)};
    });
    // Witnesses are asked for by the whole of what the catalog says of a table.
    const bool fit = !ask_witnesses_ || opening_.catalog == asked_for_;
    if (fit && std::ranges::all_of(tables_, [&](const auto& each) { return fits(each.second); })) {
      return;
    }
  } catch (const pg::StatementFailed&) {
    session_.connection(waiter_).abandon_transaction();
    opening_ = session_.begin_reading(waiter_, kLockTimeout);
  }
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    const ServerTable server = on_server(layout.name);
    if (server.problem) {
      skipped_[layout.name] = server.problem->sentence();
      tables_.erase(layout.name);
      continue;
    }
    TableBlocks& table = tables_.at(layout.name);
    const std::vector<schema::ColumnLayout> before = std::exchange(table.columns, {});
    for (const schema::ColumnLayout& column : server.layout().columns) {
      const auto known = table.layout.find(column.name);
      const bool alike = known && schema::sqlite_type(table.layout.columns[*known].kind) ==
                                      schema::sqlite_type(column.kind);
      if (alike) table.columns.push_back(column);
      if (!alike) table.missing_columns.push_back(column.name);
    }
    if (table.columns != before) {
      table.here = digest_here(here, table);
    }
  }
  session_.connection(waiter_).pipeline(commands(here, opening_.catalog), waiter_);
}

digest::BlockDigests BlockComparison::digest_here(sqlite::Database& here,
                                                  const TableBlocks& table) {
  waiter_.progress({.phase = "verify", .table = table.layout.name});
  return digest::digest_blocks(here, table.layout, table.columns, digest::Rows::from_server,
                               waiter_);
}

ServerTable BlockComparison::on_server(const std::string& name) const {
  ServerTable table = opening_.catalog.tables.at(name);
  table.scope = scope_;
  return table;
}

bool BlockComparison::fits(const TableBlocks& table) const {
  const ServerTable server = on_server(table.layout.name);
  if (server.problem) return false;
  const schema::TableLayout layout = server.layout();
  return layout.columns.size() == table.columns.size() &&
         std::ranges::all_of(table.columns, [&](const schema::ColumnLayout& column) {
           const auto found = layout.find(column.name);
           return found && layout.columns[*found].server_type == column.server_type;
         });
}

std::vector<pg::Command> BlockComparison::commands(const sqlite::Database& here,
                                                   const Catalog& catalog) {
  std::vector<pg::Command> commands{hash_probe(comparable_)};
  asked_for_ = catalog;
  hearing_.reset();
  if (ask_witnesses_) {
    hearing_.emplace(session_, here, catalog);
    std::ranges::move(hearing_->commands(), std::back_inserter(commands));
  }
  for (auto& [name, table] : tables_) {
    const std::int64_t horizon = ingest::read_state(here, name).horizon.value_or(0);
    commands.push_back(
        digest_command(session_, table.layout, table.columns, horizon, table.server));
  }
  return commands;
}

void BlockComparison::compare(TableBlocks& table) {
  std::set<std::string> names;
  for (const auto& [block, digest] : table.here) names.insert(block);
  for (const auto& [block, digest] : table.server) names.insert(block);
  table.blocks = static_cast<std::int64_t>(names.size());
  for (const std::string& name : names) {
    const auto mine = table.here.find(name);
    const auto other = table.server.find(name);
    const digest::BlockDigest local =
        mine == table.here.end() ? digest::BlockDigest{} : mine->second;
    const ServerBlock server = other == table.server.end() ? ServerBlock{} : other->second;
    table.rows += server.content.rows;
    if (comparable_ && local == server.content) continue;
    table.different[name] = {table.layout.name, ingest::readable_block(table.layout, name),
                             local.rows, server.content.rows, server.newer};
  }
}

}  // namespace playmirror::sync
