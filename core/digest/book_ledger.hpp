#pragma once

#include "core/digest/book_checks.hpp"
#include "core/sqlite/change_watch.hpp"
#include "core/sqlite/database.hpp"

#include <exception>

namespace playmirror::digest {

/// Keeps playmirror_checks in step with the bookkeeping: adds up what a transaction writes to it,
/// whoever writes it. As with the digests of rows, what changes the file otherwise keeps showing.
///
/// One for each writing connection, which must outlive it and must not move; so must its watch.
class BookLedger final : public sqlite::ChangeListener {
 public:
  BookLedger(sqlite::Database& database, sqlite::ChangeWatch& watch);
  BookLedger(const BookLedger&) = delete;
  BookLedger& operator=(const BookLedger&) = delete;

  /// Call under the writer lock, at the beginning of the transaction, behind those who listen to
  /// the rows. While nobody does, as when rows are loaded in bulk, the bookkeeping is read before
  /// and after instead: to be told of each row costs more.
  void begin();

  /// Call at the end of the transaction, behind all that writes.
  void settle();

  void on_change(const sqlite::RowChange& change) noexcept override;

 private:
  void note(Book book, const sqlite::RowChange& change);

  sqlite::Database& database_;
  sqlite::ChangeWatch& watch_;
  bool listens_ = false;
  BookDigests change_ = {};
  std::exception_ptr failure_ = {};  ///< to note something
};

}  // namespace playmirror::digest
