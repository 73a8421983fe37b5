#pragma once

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/outbox/deliverer.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::ingest {

enum class WriteMode {
  load,   ///< rows that are most likely new; counts them all as inserted
  merge,  ///< rows that may be here already, in the same or another form
  fill,   ///< other columns of rows that are here already; rows that are not are passed over
};

struct WriteCounts {
  std::int64_t inserted = 0;
  std::int64_t updated = 0;
  std::int64_t unchanged = 0;
  std::int64_t delivered = 0;  ///< pending rows of ours that turned out to be on the server
};

/// The key of the last row of a batch, as join_key() writes it.
[[nodiscard]] std::string last_key(const RowBatch& batch, const schema::TableLayout& table,
                                   const std::vector<schema::ColumnLayout>& columns);

/// Writes decoded server rows to one mirrored table, inside the caller's transaction. A row that is
/// also pending here (same identity) is the server's from now on, and leaves the outbox.
class RowWriter {
 public:
  /// `columns` are the fields of the rows to come, the table's key among them.
  RowWriter(sqlite::Database& database, const schema::TableLayout& table,
            std::vector<schema::ColumnLayout> columns, WriteMode mode);

  /// Writes all rows of a batch, in the form described at RowBatch.
  void write(std::string_view rows);

  [[nodiscard]] const WriteCounts& counts() const noexcept { return counts_; }

 private:
  void load(std::string_view rows);
  /// Moves what is pending under the id of this row, and says whether there was such a row.
  bool make_room_for(const RowReader& row);
  void check_key(const RowReader& row) const;
  void write_row(const RowReader& row);
  void keep_what_is_special(const RowReader& row);
  void bind_row(const RowReader& row);
  void keep_odd_values(const RowReader& row);
  void settle_pending(const RowReader& row);
  [[nodiscard]] bool is_here(const RowReader& row);
  [[nodiscard]] std::string row_key(const RowReader& row) const;
  [[nodiscard]] std::size_t field(std::string_view column) const;

  sqlite::Database& database_;
  const schema::TableLayout& table_;
  std::vector<schema::ColumnLayout> columns_;
  WriteMode mode_;
  std::vector<std::size_t> key_fields_;
  std::vector<std::size_t> bind_order_;  ///< field of each parameter of write_
  sqlite::Statement write_;
  sqlite::Statement exists_;
  /// The greatest id in the table, of one whose key that is: a greater one needs no look.
  std::optional<std::int64_t> greatest_;
  sqlite::Statement pending_;  ///< finds the outbox entry of an identity
  outbox::Deliverer deliverer_;
  bool any_pending_ = false;
  bool any_odd_ = false;  ///< the table may have rows in playmirror_odd_values
  bool odd_times_ = false;
  WriteCounts counts_;
};

}  // namespace playmirror::ingest
