#include "core/digest/stored_digests.hpp"

#include "core/ingest/key_blocks.hpp"
#include "core/mirror/meta.hpp"
#include "core/schema/layout.hpp"

#include <algorithm>
#include <set>
#include <string>

namespace playmirror::digest {
namespace {

constexpr const char* kOddValues = "playmirror_odd_values";

const schema::TableLayout& digested(const std::string& name) {
  const auto& tables = digested_tables();
  return *std::ranges::find(tables, name, &schema::TableLayout::name);
}

/// The columns as they lie in the file, also those that the mirror does without: what was recorded
/// here can have values in them.
schema::TableLayout layout_in_file(const sqlite::Database& database, const std::string& name) {
  schema::TableLayout layout{.name = name, .key = digested(name).key};
  auto columns = database.prepare("SELECT name, type FROM pragma_table_info(?)");
  columns.bind(0, name);
  while (columns.step()) {
    const auto type = columns.text(1);
    const auto kind = type == "INTEGER" ? schema::ValueKind::integer
                      : type == "REAL"  ? schema::ValueKind::real64
                                        : schema::ValueKind::text;
    layout.columns.push_back({.name = std::string(columns.text(0)), .kind = kind});
  }
  return layout;
}

/// Every row of the table, over all its columns, as the file has them.
BlockDigests digest_table(sqlite::Database& database, const std::string& name, CallWatch& watch) {
  const schema::TableLayout layout = layout_in_file(database, name);
  return digest_blocks(database, layout, layout.columns, Rows::all, watch);
}

BlockDigests read_digests(const sqlite::Database& database, const std::string& table) {
  auto rows =
      database.prepare("SELECT block, rows, sum FROM playmirror_digests WHERE table_name = ?");
  rows.bind(0, table);
  BlockDigests digests;
  while (rows.step()) {
    digests[std::string(rows.text(0))] = {rows.integer(1),
                                          static_cast<std::uint64_t>(rows.integer(2))};
  }
  return digests;
}

constexpr const char kWriteDigest[] =
    "INSERT OR REPLACE INTO playmirror_digests (table_name, block, rows, sum) "
    "VALUES (?, ?, ?, ?)";

void write_digest(sqlite::Database& database, std::string_view table, std::string_view block,
                  const BlockDigest& digest) {
  database.kept(kWriteDigest)
      ->bind_all(table, block, digest.rows, static_cast<std::int64_t>(digest.sum))
      .run();
}

void write_digests_of_odd_values(sqlite::Database& database) {
  const CallControl nobody;
  CallWatch watch(nobody);
  for (const auto& [block, digest] : digest_table(database, kOddValues, watch)) {
    write_digest(database, kOddValues, block, digest);
  }
}

}  // namespace

const std::vector<schema::TableLayout>& digested_tables() {
  static const std::vector<schema::TableLayout> tables = [] {
    const auto mirrored = schema::record_layouts();
    std::vector<schema::TableLayout> all(mirrored.begin(), mirrored.end());
    all.push_back({.name = kOddValues, .key = {"table_name", "row_key", "column_name"}});
    return all;
  }();
  return tables;
}

void add_digests_of_odd_values(sqlite::Database& database) {
  if (kept_digests(database) != 0) write_digests_of_odd_values(database);
}

std::int64_t kept_digests(const sqlite::Database& database) {
  return meta::read_int(database, meta::kDigests);
}

void forget_digests(sqlite::Database& database) {
  const std::int64_t kept = kept_digests(database);
  if (kept == 0) return;
  meta::write(database, meta::kDigests, std::int64_t{0});
  meta::write(database, meta::kDigestsMade, kept);
  database.execute("DELETE FROM playmirror_digests");
}

void make_digests(sqlite::Database& database, CallWatch& watch) {
  if (kept_digests(database) != 0) return;
  std::map<std::string, BlockDigests, std::less<>> tables;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    tables[layout.name] = digest_table(database, layout.name, watch);
  }
  keep_digests(database, tables);
}

std::optional<std::int64_t> kept_rows(const sqlite::Database& database, std::string_view table) {
  if (kept_digests(database) == 0) return std::nullopt;
  const auto rows =
      database.kept("SELECT coalesce(sum(rows), 0) FROM playmirror_digests WHERE table_name = ?");
  rows->bind(0, table);
  rows->step();
  return rows->integer(0);
}

void keep_digests(sqlite::Database& database,
                  const std::map<std::string, BlockDigests, std::less<>>& tables) {
  auto insert = database.prepare(kWriteDigest);
  for (const auto& [table, digests] : tables) {
    for (const auto& [block, digest] : digests) {
      insert.bind_all(table, block, digest.rows, static_cast<std::int64_t>(digest.sum)).run();
    }
  }
  write_digests_of_odd_values(database);
  meta::write(database, meta::kDigests, meta::read_int(database, meta::kDigestsMade) + 1);
}

void add_to_digest(sqlite::Database& database, std::string_view table, std::string_view block,
                   const BlockDigest& change) {
  BlockDigest digest = change;
  {
    const auto known = database.kept(
        "SELECT rows, sum FROM playmirror_digests WHERE table_name = ? AND block = ?");
    known->bind_all(table, block);
    if (known->step()) {
      digest.rows += known->integer(0);
      digest.sum += static_cast<std::uint64_t>(known->integer(1));
    }
  }
  if (digest == BlockDigest{}) {
    database.kept("DELETE FROM playmirror_digests WHERE table_name = ? AND block = ?")
        ->bind_all(table, block)
        .run();
  } else {
    write_digest(database, table, block, digest);
  }
}

FileDigests check_digests(sqlite::Database& database, CallWatch& watch) {
  FileDigests result;
  if (kept_digests(database) == 0) return result;
  for (const schema::TableLayout& layout : digested_tables()) {
    const BlockDigests written = read_digests(database, layout.name);
    const BlockDigests found = digest_table(database, layout.name, watch);
    std::set<std::string> blocks;
    for (const auto& [block, digest] : written) blocks.insert(block);
    for (const auto& [block, digest] : found) blocks.insert(block);
    result.blocks += static_cast<std::int64_t>(blocks.size());
    for (const std::string& block : blocks) {
      const auto was = written.find(block);
      const auto is = found.find(block);
      if (was != written.end() && is != found.end() && was->second == is->second) continue;
      result.problems.push_back({layout.name + ", keys " + ingest::readable_block(layout, block),
                                 "the rows are not those that were written"});
    }
  }
  return result;
}

}  // namespace playmirror::digest
