#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <memory>
#include <string_view>

namespace playmirror::sqlite {

enum class RowChange { inserted, updated, deleted };

/// Tells what one connection writes to the main database, row by row, from inside the statement
/// that writes: the callbacks must not use the connection and must not throw.
///
/// The connection must outlive it and must not move meanwhile.
class ChangeWatch {
 public:
  /// A row of a table with a rowid; after an update, the new rowid. Not called for rows that
  /// REPLACE pushes out, nor for a DELETE of all rows without WHERE.
  using OnRow = std::function<void(RowChange change, std::string_view table, std::int64_t rowid)>;

  /// What a trigger passes to the SQL function kNoteFunction: what changed, and a key as text.
  using OnNote = std::function<void(std::string_view what, std::string_view key)>;

  ChangeWatch(Database& database, OnRow on_row, OnNote on_note);
  ~ChangeWatch();
  ChangeWatch(const ChangeWatch&) = delete;
  ChangeWatch& operator=(const ChangeWatch&) = delete;

  static constexpr std::string_view kNoteFunction = "playmirror_note";

 private:
  struct Callbacks;
  Database& database_;
  std::unique_ptr<Callbacks> callbacks_;
};

}  // namespace playmirror::sqlite
