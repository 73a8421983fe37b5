#include "core/salvage/mended_books.hpp"

#include "core/digest/stored_digests.hpp"
#include "core/ingest/key_blocks.hpp"
#include "core/ingest/scope.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstdint>
#include <map>
#include <string_view>
#include <utility>

namespace playmirror::salvage {
namespace {

using digest::Book;
using digest::BookPart;

/// More ids than any file gives out.
constexpr std::int64_t kMostIds = std::int64_t{1} << 40;

bool has(const std::vector<BookPart>& damaged, Book book) {
  return std::ranges::find(damaged, book, &BookPart::book) != damaged.end();
}

bool has_facts(const std::vector<BookPart>& damaged, std::string_view part) {
  return std::ranges::find(damaged, BookPart{Book::meta, std::string(part)}) != damaged.end();
}

/// Facts of a part, and those that no playmirror has written.
void forget_facts(sqlite::Database& database, std::string_view part) {
  std::vector<std::string> keys;
  {
    auto rows = database.prepare("SELECT key FROM playmirror_meta");
    while (rows.step()) {
      // Witnesses have a checksum of their own.
      if (digest::part_of_fact(rows.text(0)) == part && rows.text(0) != meta::kWitnesses) {
        keys.emplace_back(rows.text(0));
      }
    }
  }
  auto forget = database.prepare("DELETE FROM playmirror_meta WHERE key = ?");
  for (const std::string& key : keys) {
    forget.bind(0, key);
    forget.run();
  }
}

/// The table's columns as they lie in the file. Their numbers are not known, nor needed where every
/// value is read.
void renew_columns(sqlite::Database& database) {
  std::map<std::pair<std::string, std::string>, std::string> types;
  {
    auto rows = database.prepare("SELECT table_name, name, server_type FROM playmirror_columns");
    while (rows.step()) {
      types.try_emplace({std::string(rows.text(0)), std::string(rows.text(1))}, rows.text(2));
    }
  }
  const ingest::Scope scope = ingest::read_scope(database);
  database.execute("DELETE FROM playmirror_columns");
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    std::int64_t position = 0;
    auto columns = database.prepare("SELECT name, type FROM pragma_table_info(?) ORDER BY cid");
    columns.bind(0, layout.name);
    auto add = database.prepare(
        "INSERT INTO playmirror_columns (table_name, position, name, server_type) "
        "VALUES (?, ?, ?, ?)");
    while (columns.step()) {
      const std::string name(columns.text(0));
      const std::string_view stored = columns.text(1);
      if (layout.name == "tracks" &&
          std::ranges::find(scope.left_out, name) != scope.left_out.end()) {
        continue;
      }
      std::string type = types[{layout.name, name}];
      if (schema::sqlite_type(schema::kind_of(type)) != stored) {
        const auto known = layout.find(name);
        type = known                 ? layout.columns[*known].server_type
               : stored == "INTEGER" ? "int8"
               : stored == "REAL"    ? "float8"
                                     : "text";
      }
      add.bind_all(layout.name, ++position, name, type);
      add.run();
    }
  }
}

/// Every table is to be read whole, but for those that nothing came to yet.
void renew_states(sqlite::Database& database) {
  std::map<std::string, std::int64_t> relations;
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    // One that is another than the server's says that the table was replaced: what was sent to the
    // one before, and is not in it, is sent again. That does no harm where it says so wrongly.
    relations[layout.name] = ingest::read_state(database, layout.name).relation;
  }
  database.execute("DELETE FROM playmirror_tables");
  auto add = database.prepare(
      "INSERT INTO playmirror_tables (name, state, horizon, relation, odd_times) "
      "VALUES (?, ?, ?, ?, 1)");
  for (const schema::TableLayout& layout : schema::record_layouts()) {
    const bool any = ingest::count_rows(database, layout) > 0;
    add.bind_all(layout.name, any ? "copied" : "empty",
                 any ? std::optional<std::int64_t>(0) : std::nullopt, relations[layout.name]);
    add.run();
    // A first copy may have been under way.
    for (const std::string& sql : schema::create_index_sql(layout.name)) database.execute(sql);
  }
}

/// A number in playmirror_meta; 0 for what is none.
std::int64_t number_or_none(const sqlite::Database& database, std::string_view key) {
  try {
    return meta::read_int(database, key);
  } catch (const Error&) {
    return 0;
  }
}

std::int64_t given_ids(const sqlite::Database& database) {
  std::int64_t least = 0;
  for (const char* ids : {"SELECT min(row_id) FROM playmirror_outbox",
                          "SELECT min(server_id) FROM playmirror_delivered",
                          "SELECT min(provisional_id - rows + 1) FROM playmirror_delivered"}) {
    least = std::min(least, database.query_int(ids));
  }
  const std::int64_t told = number_or_none(database, meta::kProvisionalIds);
  return std::max(outbox::provisional_number(least), told < kMostIds ? told : 0);
}

/// The digests of rows are made anew by the next pull.
void renew_counts(sqlite::Database& database) {
  const std::int64_t given = given_ids(database);
  const std::int64_t made = std::max(number_or_none(database, meta::kDigests),
                                     number_or_none(database, meta::kDigestsMade));
  forget_facts(database, digest::kHerePart);
  database.execute("DELETE FROM playmirror_digests");
  meta::write(database, meta::kProvisionalIds, given);
  meta::write(database, meta::kDigests, std::int64_t{0});
  meta::write(database, meta::kDigestsMade, made < kMostIds ? made + 1 : 1);
}

void forget_runs(sqlite::Database& database, const std::vector<BookPart>& damaged,
                 std::vector<std::string>& warnings) {
  std::string first;
  std::int64_t count = 0;
  auto forget = database.prepare(
      "DELETE FROM playmirror_delivered WHERE table_name = ? AND provisional_id = "
      "CAST(? AS INTEGER)");
  for (const BookPart& part : damaged) {
    if (part.book != Book::delivered) continue;
    const auto [table, handle] = digest::run_of(part);
    forget.bind_all(table, handle);
    forget.run();
    if (count++ == 0) first = handle;
  }
  if (count == 0) return;
  warnings.push_back("what has become of handle " + first + (count > 1 ? " and others" : "") +
                     " is not known any more; find the rows by what they are");
}

}  // namespace

bool mend_books(sqlite::Database& database, const std::vector<BookPart>& damaged,
                std::vector<std::string>& warnings) {
  const bool only_others = std::ranges::all_of(damaged, [](const BookPart& part) {
    return part.book == Book::delivered || part.book == Book::exclusions ||
           part.part == digest::kToldPart;
  });
  digest::accept_books(database);
  forget_runs(database, damaged, warnings);
  for (const BookPart& part : damaged) {
    if (part.book != Book::exclusions) continue;
    warnings.push_back("the list of exclusions \"" + part.part +
                       "\" is not as it was made; look through it");
  }
  if (has_facts(damaged, digest::kToldPart)) forget_facts(database, digest::kToldPart);
  if (!only_others) {
    if (has(damaged, Book::columns)) renew_columns(database);
    // A push that is forgotten held the server's lock until it ended, and the look-up of the next
    // one waits for that: to send its rows again is safe.
    const bool unsure = has(damaged, Book::pushes) || has(damaged, Book::offered);
    if (unsure && PLAYMIRROR_SAFEGUARD("notes of a push")) {
      database.execute("DELETE FROM playmirror_offered");
      database.execute("DELETE FROM playmirror_pushes");
    }
    renew_states(database);
    // What was seen of the server goes with the horizons. How far it had come then can still be
    // asked, unless that is what is damaged.
    const auto high_water = meta::read(database, meta::kHighWater);
    forget_facts(database, digest::kSeenPart);
    if (high_water && !has_facts(damaged, digest::kSeenPart)) {
      meta::write(database, meta::kHighWater, *high_water);
    }
    if (has_facts(damaged, digest::kHerePart)) renew_counts(database);
    if (has_facts(damaged, digest::kScopePart)) {
      warnings.emplace_back(
          "which part of the server the mirror holds was damaged: status() tells which one it is "
          "now; pull with leave_out and plays_since if you chose another");
    }
  }
  return !only_others;
}

}  // namespace playmirror::salvage
