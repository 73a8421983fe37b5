#pragma once

#include "core/query/query.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/filters.hpp>
#include <playmirror/timestamp.hpp>

#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::query {

/// A time column as the server would compare and sort it.
///
/// The text of a timestamp sorts like the instant from the year 1 to 9999, the infinities included,
/// so there the column itself is compared and its index works. A table that holds any other year is
/// marked in playmirror_tables.odd_times, and is compared by the instants behind the texts.
class TimeColumn {
 public:
  /// `column` of `table`, which the query calls `r`. Call inside a read transaction: the mark and
  /// the rows must be of one moment.
  TimeColumn(sqlite::Database& database, std::string_view table, std::string_view column);

  /// Adds `since <= column < until`, for the limits that are given. Rows without a time match no
  /// limit.
  void restrict(Query& query, std::optional<Timestamp> since, std::optional<Timestamp> until) const;

  /// Completes `query` to the rows between the limits, in order, ties by r.id. The answer is what
  /// the parts give one after another: SQLite would sort the whole table to put NULLs where
  /// PostgreSQL has them, but each part alone follows the index. Each part has the limit; the
  /// caller stops at it.
  [[nodiscard]] std::vector<Query> ordered(const Query& query, std::optional<Timestamp> since,
                                           std::optional<Timestamp> until, Order order,
                                           std::int64_t limit) const;

 private:
  [[nodiscard]] Value limit_value(Timestamp limit) const;

  std::string column_;    ///< r."played_at"
  std::string sortable_;  ///< the same, or the instant behind it
  bool by_instant_ = false;
};

}  // namespace playmirror::query
