#pragma once

#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

#include <playmirror/value.hpp>

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::query {

/// A SELECT under construction. The text is always our own; whatever came from outside is a `?` and
/// a bound value.
class Query {
 public:
  /// `select` ends before WHERE.
  explicit Query(std::string select) : sql_(std::move(select)) {}

  Query& where(std::string_view condition);               ///< joined by AND
  Query& where(std::string_view condition, Value value);  ///< one `?`
  Query& order_by(std::string_view terms);

  /// At most that many rows; 0: no limit. Throws InvalidArgument for a negative limit.
  Query& limit(std::int64_t rows);

  [[nodiscard]] const std::string& sql() const noexcept { return sql_; }

  /// Prepares and binds.
  [[nodiscard]] sqlite::Statement prepare(const sqlite::Database& database) const;

  /// Runs `SELECT count(*) FROM (this)`.
  [[nodiscard]] std::int64_t count(const sqlite::Database& database) const;

 private:
  std::string sql_;
  std::vector<Value> values_;
  bool has_condition_ = false;
};

}  // namespace playmirror::query
