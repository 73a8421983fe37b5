#pragma once

#include "core/digest/block_digests.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/status.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The checks of the bookkeeping: for each part of it how many rows playmirror has written, and a
/// sum over them, as playmirror_checks keeps them. Every function works inside the caller's
/// transaction.
namespace playmirror::digest {

/// The tables of the bookkeeping that are checked so. What SQLite columns cannot hold belongs to
/// the rows, and has digests as they do.
enum class Book : std::uint8_t {
  meta,
  tables,
  columns,
  pushes,
  offered,
  delivered,
  exclusions,
};

/// Its table in the file.
[[nodiscard]] std::string_view table_of(Book book) noexcept;
[[nodiscard]] std::optional<Book> book_of(std::string_view table) noexcept;

/// What is checked together, and found damaged together.
struct BookPart {
  Book book = Book::meta;
  std::string part = {};

  friend auto operator<=>(const BookPart&, const BookPart&) = default;
};

/// The parts of playmirror_meta.
inline constexpr std::string_view kServerPart = "server";  ///< which server is followed
inline constexpr std::string_view kScopePart = "scope";    ///< what was chosen to be left out
inline constexpr std::string_view kHerePart = "here";      ///< what this file counts
inline constexpr std::string_view kToldPart = "told";      ///< what is for people only
inline constexpr std::string_view kSeenPart = "seen";  ///< what was seen of the server; the rest

/// Which of these a fact belongs to; empty for one that says no more than the columns do, which are
/// compared with the rows and built anew.
[[nodiscard]] std::string_view part_of_fact(std::string_view key) noexcept;

using BookDigests = std::map<BookPart, BlockDigest>;

/// One row, value by value, in the order in which the table has them.
class BookRow {
 public:
  explicit BookRow(Book book) noexcept : book_(book) {}
  void add(std::int64_t value);
  void add(std::string_view text);
  void add_null();

  /// False for a row that is not checked.
  [[nodiscard]] bool counts() const noexcept;
  [[nodiscard]] BookPart part() const;
  [[nodiscard]] std::uint64_t hash() const noexcept { return hash_; }

 private:
  Book book_;
  int values_ = 0;
  std::uint64_t hash_ = 0;
  std::string first_ = {};  ///< what decides the part
  std::string second_ = {};
};

enum class Books {
  for_sync,  ///< what decides what a sync does: few rows, however much the mirror holds
  all,
};

/// Those of the rows that are there.
[[nodiscard]] BookDigests read_books(const sqlite::Database& database, Books which);

/// The parts whose rows are not those that were written, lost ones included.
[[nodiscard]] std::vector<BookPart> damaged_books(const sqlite::Database& database, Books which);

/// Throws `damaged` when what decides a sync is not what was written.
void require_sound_books(const sqlite::Database& database);

/// Likewise when a run of handles is not, or any.
void require_sound_run(const sqlite::Database& database, std::string_view table,
                       std::int64_t provisional_id, std::int64_t server_id, std::int64_t rows);
void require_sound_handles(const sqlite::Database& database);

/// Which run of handles a part of playmirror_delivered is: its table and its first handle.
[[nodiscard]] std::pair<std::string, std::string> run_of(const BookPart& part);

/// How verify() tells of them.
[[nodiscard]] std::vector<FileProblem> book_problems(const std::vector<BookPart>& damaged);

/// Adds to what was written.
void add_to_checks(sqlite::Database& database, const BookDigests& change);

/// The rows that are there count as what was written; what a BookLedger has noted of the
/// transaction so far would count twice.
void accept_books(sqlite::Database& database);

}  // namespace playmirror::digest
