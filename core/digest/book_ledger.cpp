#include "core/digest/book_ledger.hpp"

#include <optional>
#include <sqlite3.h>

namespace playmirror::digest {
namespace {

constexpr std::string_view kOurs = "playmirror_";

void add(BookRow& row, sqlite3_value* value) {
  switch (sqlite3_value_type(value)) {
    case SQLITE_INTEGER:
      return row.add(std::int64_t{sqlite3_value_int64(value)});
    case SQLITE_NULL:
      return row.add_null();
    default:
      return row.add(sqlite::text_of(value));
  }
}

}  // namespace

BookLedger::BookLedger(sqlite::Database& database, sqlite::ChangeWatch& watch)
    : database_(database), watch_(watch) {}

void BookLedger::begin() {
  change_.clear();
  failure_ = nullptr;
  listens_ = watch_.is_heard_by_others_than(*this);
  watch_.tell(*this, listens_);
  if (listens_) return;
  for (const auto& [part, digest] : read_books(database_, Books::all)) {
    change_[part] = {-digest.rows, 0 - digest.sum};
  }
}

void BookLedger::on_change(const sqlite::RowChange& change) noexcept {
  if (failure_ || !change.table.starts_with(kOurs)) return;
  const auto book = book_of(change.table);
  if (!book) return;
  // No exception may cross SQLite's frames: it is thrown when the transaction settles.
  try {
    note(*book, change);
  } catch (...) {
    failure_ = std::current_exception();
  }
}

void BookLedger::note(Book book, const sqlite::RowChange& change) {
  const auto count = [&](bool is_after) {
    BookRow row(book);
    for (int column = 0; column < change.columns(); ++column) {
      add(row, is_after ? change.after(column) : change.before(column));
    }
    if (!row.counts()) return;
    BlockDigest& digest = change_[row.part()];
    digest.rows += is_after ? 1 : -1;
    digest.sum += is_after ? row.hash() : 0 - row.hash();
  };
  if (change.kind != sqlite::RowChange::Kind::inserted) count(false);
  if (change.kind != sqlite::RowChange::Kind::deleted) count(true);
}

void BookLedger::settle() {
  if (failure_) std::rethrow_exception(failure_);
  if (!listens_) {
    for (const auto& [part, digest] : read_books(database_, Books::all)) {
      change_[part].rows += digest.rows;
      change_[part].sum += digest.sum;
    }
  }
  add_to_checks(database_, change_);
  change_.clear();
}

}  // namespace playmirror::digest
