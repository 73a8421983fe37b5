#include "core/digest/book_checks.hpp"

#include "core/digest/server_hash.hpp"
#include "core/mirror/meta.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <optional>

namespace playmirror::digest {
namespace {

/// Between the parts of a key.
constexpr char kKeyEnd = '\x1f';

/// What tells a number from its text, and both from nothing.
constexpr std::uint64_t kIsInteger = 0x9e3779b97f4a7c15;
constexpr std::uint64_t kIsNull = 0xc2b2ae3d27d4eb4f;

struct BookTable {
  Book book;
  std::string_view name;
  const char* rows;  ///< all of them, with their columns in order
  bool for_sync;
};

constexpr std::array<BookTable, 7> kBooks = {{
    {Book::meta, "playmirror_meta", "SELECT * FROM playmirror_meta", true},
    {Book::tables, "playmirror_tables", "SELECT * FROM playmirror_tables", true},
    {Book::columns, "playmirror_columns", "SELECT * FROM playmirror_columns", true},
    {Book::pushes, "playmirror_pushes", "SELECT * FROM playmirror_pushes", true},
    {Book::offered, "playmirror_offered", "SELECT * FROM playmirror_offered", true},
    {Book::delivered, "playmirror_delivered", "SELECT * FROM playmirror_delivered", false},
    {Book::exclusions, "playmirror_exclusions", "SELECT * FROM playmirror_exclusions", false},
}};

void add(BookRow& row, const sqlite::Statement& rows, int column) {
  switch (rows.kind(column)) {
    case sqlite::Statement::Kind::integer:
      return row.add(rows.integer(column));
    case sqlite::Statement::Kind::null:
      return row.add_null();
    default:
      return row.add(rows.text(column));
  }
}

void read_book(const sqlite::Database& database, const BookTable& table, BookDigests& digests) {
  const auto rows = database.kept(table.rows);
  while (rows->step()) {
    BookRow row(table.book);
    for (int column = 0; column < rows->column_count(); ++column) add(row, *rows, column);
    if (!row.counts()) continue;
    BlockDigest& digest = digests[row.part()];
    ++digest.rows;
    digest.sum += row.hash();
  }
}

/// What was written.
BookDigests read_checks(const sqlite::Database& database, Books which) {
  BookDigests checks;
  for (const BookTable& table : kBooks) {
    if (which == Books::for_sync && !table.for_sync) continue;
    const auto rows =
        database.kept("SELECT part, rows, sum FROM playmirror_checks WHERE table_name = ?");
    rows->bind_view(0, table.name);
    while (rows->step()) {
      checks[{table.book, std::string(rows->text(0))}] = {
          rows->integer(1), static_cast<std::uint64_t>(rows->integer(2))};
    }
  }
  return checks;
}

std::optional<BlockDigest> read_check(const sqlite::Database& database, const BookPart& part) {
  const auto known =
      database.kept("SELECT rows, sum FROM playmirror_checks WHERE table_name = ? AND part = ?");
  known->bind_all(table_of(part.book), part.part);
  if (!known->step()) return std::nullopt;
  return BlockDigest{known->integer(0), static_cast<std::uint64_t>(known->integer(1))};
}

/// How a person would name it.
std::string name_of(const BookPart& part) {
  std::string name(table_of(part.book));
  switch (part.book) {
    case Book::meta:
      return name + ", " +
             (part.part == kServerPart  ? "the server's identity"
              : part.part == kScopePart ? "what is left out"
              : part.part == kHerePart  ? "what the file counts"
              : part.part == kToldPart  ? "what is told of the last syncs"
                                        : "what was seen of the server");
    case Book::delivered:
      return name + ", handle " + run_of(part).second;
    case Book::exclusions:
      return name + ", list " + part.part;
    default:
      return name;
  }
}

[[noreturn]] void raise_damaged(const std::string& where) {
  raise(ErrorCode::damaged, where + ": not what was written", {.hint = "Run repair()."});
}

}  // namespace

std::string_view table_of(Book book) noexcept {
  return std::ranges::find(kBooks, book, &BookTable::book)->name;
}

std::optional<Book> book_of(std::string_view table) noexcept {
  const auto found = std::ranges::find(kBooks, table, &BookTable::name);
  if (found == kBooks.end()) return std::nullopt;
  return found->book;
}

std::string_view part_of_fact(std::string_view key) noexcept {
  constexpr std::array kOfServer = {meta::kSystemIdentifier, meta::kTimeline, meta::kDatabase,
                                    meta::kDatabaseOid,      meta::kSchema,   meta::kPlayedAtZone};
  constexpr std::array kOfScope = {meta::kLeftOut, meta::kPlaysSince};
  constexpr std::array kOfHere = {meta::kProvisionalIds, meta::kDigests, meta::kDigestsMade};
  constexpr std::array kOfColumns = {meta::kColumnsBuilt,  meta::kColumnsPlays,
                                     meta::kColumnsTracks, meta::kColumnsArtists,
                                     meta::kColumnsTexts,  meta::kColumnsCatalogue};
  constexpr std::array kTold = {meta::kServerName, meta::kAlembicVersion, meta::kLastPush,
                                meta::kLastImport};
  if (std::ranges::find(kOfColumns, key) != kOfColumns.end()) return {};
  if (std::ranges::find(kOfHere, key) != kOfHere.end()) return kHerePart;
  if (std::ranges::find(kTold, key) != kTold.end()) return kToldPart;
  if (std::ranges::find(kOfServer, key) != kOfServer.end()) return kServerPart;
  if (std::ranges::find(kOfScope, key) != kOfScope.end()) return kScopePart;
  return kSeenPart;
}

void BookRow::add(std::int64_t value) {
  hash_ = hash_integer(value, hash_ ^ kIsInteger);
  if (values_ == 1 && book_ == Book::delivered) second_ = std::to_string(value);
  ++values_;
}

void BookRow::add(std::string_view text) {
  hash_ = hash_text(text, hash_);
  const bool has_parts =
      book_ == Book::meta || book_ == Book::delivered || book_ == Book::exclusions;
  if (values_ == 0 && has_parts) first_ = book_ == Book::meta ? part_of_fact(text) : text;
  ++values_;
}

void BookRow::add_null() {
  hash_ = hash_integer(0, hash_ ^ kIsNull);
  ++values_;
}

bool BookRow::counts() const noexcept { return book_ != Book::meta || !first_.empty(); }

BookPart BookRow::part() const {
  return {book_, book_ == Book::delivered ? first_ + kKeyEnd + second_ : first_};
}

BookDigests read_books(const sqlite::Database& database, Books which) {
  BookDigests digests;
  for (const BookTable& table : kBooks) {
    if (which == Books::all || table.for_sync) read_book(database, table, digests);
  }
  return digests;
}

std::vector<BookPart> damaged_books(const sqlite::Database& database, Books which) {
  const BookDigests found = read_books(database, which);
  const BookDigests written = read_checks(database, which);
  std::vector<BookPart> damaged;
  for (const auto& [part, digest] : found) {
    const auto check = written.find(part);
    if (check == written.end() || check->second != digest) damaged.push_back(part);
  }
  for (const auto& [part, digest] : written) {
    if (!found.contains(part)) damaged.push_back(part);
  }
  if (which == Books::for_sync) {
    std::erase_if(damaged, [](const BookPart& part) { return part.part == kToldPart; });
  }
  return damaged;
}

void require_sound_books(const sqlite::Database& database) {
  if (!PLAYMIRROR_SAFEGUARD("checked bookkeeping")) return;
  const auto damaged = damaged_books(database, Books::for_sync);
  if (!damaged.empty()) raise_damaged(name_of(damaged.front()));
}

void require_sound_run(const sqlite::Database& database, std::string_view table,
                       std::int64_t provisional_id, std::int64_t server_id, std::int64_t rows) {
  BookRow row(Book::delivered);
  row.add(table);
  row.add(provisional_id);
  row.add(server_id);
  row.add(rows);
  const BookPart part = row.part();
  if (read_check(database, part) != BlockDigest{1, row.hash()}) raise_damaged(name_of(part));
}

void require_sound_handles(const sqlite::Database& database) {
  for (const BookPart& part : damaged_books(database, Books::all)) {
    if (part.book == Book::delivered) raise_damaged(name_of(part));
  }
}

std::pair<std::string, std::string> run_of(const BookPart& part) {
  const std::size_t end = part.part.find(kKeyEnd);
  return {part.part.substr(0, end), part.part.substr(std::min(part.part.size(), end + 1))};
}

std::vector<FileProblem> book_problems(const std::vector<BookPart>& damaged) {
  std::vector<FileProblem> problems;
  for (const BookPart& part : damaged) {
    problems.push_back({name_of(part), "the rows are not those that were written"});
  }
  return problems;
}

void add_to_checks(sqlite::Database& database, const BookDigests& change) {
  for (const auto& [part, digest] : change) {
    if (digest == BlockDigest{}) continue;
    const std::optional<BlockDigest> known = read_check(database, part);
    const BlockDigest before = known.value_or(BlockDigest{});
    const std::int64_t rows = before.rows + digest.rows;
    const auto sum = static_cast<std::int64_t>(before.sum + digest.sum);
    const std::string_view table = table_of(part.book);
    if (rows == 0 && sum == 0) {
      database.kept("DELETE FROM playmirror_checks WHERE table_name = ? AND part = ?")
          ->bind_all(table, part.part)
          .run();
    } else if (known) {
      database
          .kept("UPDATE playmirror_checks SET rows = ?, sum = ? WHERE table_name = ? AND part = ?")
          ->bind_all(rows, sum, table, part.part)
          .run();
    } else {
      database
          .kept("INSERT INTO playmirror_checks (table_name, part, rows, sum) VALUES (?, ?, ?, ?)")
          ->bind_all(table, part.part, rows, sum)
          .run();
    }
  }
}

void accept_books(sqlite::Database& database) {
  BookDigests change = read_books(database, Books::all);
  for (const auto& [part, digest] : read_checks(database, Books::all)) {
    change[part].rows -= digest.rows;
    change[part].sum -= digest.sum;
  }
  add_to_checks(database, change);
}

}  // namespace playmirror::digest
