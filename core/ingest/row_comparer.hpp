#pragma once

#include "core/ingest/row_reader.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::ingest {

/// Compares server rows with the mirrored ones, value by value as stored, odd values included.
class RowComparer {
 public:
  /// `fields` are those of the rows to come; the first `compared` of them are columns of the table,
  /// its key among them.
  RowComparer(sqlite::Database& database, const schema::TableLayout& table,
              std::vector<schema::ColumnLayout> fields, std::size_t compared);

  /// Compares all rows of a batch. `differs(row, key, columns)` is called for each that is not
  /// equal: `columns` are those that differ, empty for a row that is not here at all.
  void compare(std::string_view rows,
               const std::function<void(const RowReader& row, const std::string& key,
                                        const std::vector<std::string>& columns)>& differs);

  [[nodiscard]] std::int64_t found() const noexcept { return found_; }  ///< rows that are here

 private:
  [[nodiscard]] bool same_odd_value(const std::string& key, std::size_t field,
                                    std::string_view odd);

  sqlite::Database& database_;
  const schema::TableLayout& table_;
  std::vector<schema::ColumnLayout> fields_;
  std::size_t compared_;
  std::vector<std::size_t> key_fields_;
  sqlite::Statement lookup_;
  sqlite::Statement odd_lookup_;
  bool any_odd_ = false;
  std::int64_t found_ = 0;
};

}  // namespace playmirror::ingest
