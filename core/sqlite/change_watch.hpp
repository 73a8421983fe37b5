#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <string_view>
#include <vector>

struct sqlite3_value;

namespace playmirror::sqlite {

/// A row of the main database that is being written, seen from inside the statement that writes it.
class RowChange {
 public:
  enum class Kind { inserted, updated, deleted };

  Kind kind;
  std::string_view table;
  std::int64_t rowid_before;  ///< of a table with rowids; nothing when inserted
  std::int64_t rowid_after;   ///< likewise; nothing when deleted

  [[nodiscard]] int columns() const noexcept;

  /// The values before and after, by column. Valid until the next call. Throw when there is no
  /// memory, or no such row.
  [[nodiscard]] sqlite3_value* before(int column) const;
  [[nodiscard]] sqlite3_value* after(int column) const;

  /// Whether an update leaves the values of all other columns as they are.
  [[nodiscard]] bool keeps_all_but(int column) const;

  sqlite3* handle;
};

/// The bytes of a text, without the copy that a terminated one can take.
[[nodiscard]] std::string_view text_of(sqlite3_value* value);

/// Whom a ChangeWatch tells. It must not use the connection, nor throw.
class ChangeListener {
 public:
  virtual void on_change(const RowChange& change) noexcept = 0;

 protected:
  ~ChangeListener() = default;
};

/// Tells what one connection writes to the main database, row by row, whoever writes it. It is told
/// just before the row changes: a statement may still fail and take it back.
///
/// The connection and the listeners must outlive it and must not move meanwhile.
class ChangeWatch {
 public:
  explicit ChangeWatch(Database& database) : database_(database) {}
  ~ChangeWatch();
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  [[nodiscard]] bool is_heard_by_others_than(const ChangeListener& listener) const noexcept;

  /// Begins or ends to tell a listener. Costs nothing while nobody listens.
  void tell(ChangeListener& listener, bool told);

 private:
  void listen();

  Database& database_;
  std::vector<ChangeListener*> listeners_;
};

}  // namespace playmirror::sqlite
