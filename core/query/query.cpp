#include "core/query/query.hpp"

#include <playmirror/error.hpp>

#include <utility>

namespace playmirror::query {

Query& Query::where(std::string_view condition) {
  sql_ += has_condition_ ? " AND " : " WHERE ";
  sql_ += condition;
  has_condition_ = true;
  return *this;
}

Query& Query::where(std::string_view condition, Value value) {
  values_.push_back(std::move(value));
  return where(condition);
}

Query& Query::order_by(std::string_view terms) {
  sql_ += " ORDER BY ";
  sql_ += terms;
  return *this;
}

Query& Query::limit(std::int64_t rows) {
  if (rows < 0) {
    raise(ErrorCode::invalid_argument, "the limit " + std::to_string(rows) + " is negative",
          {.hint = "Pass 0 for all rows."});
  }
  if (rows == 0) return *this;
  sql_ += " LIMIT ?";
  values_.emplace_back(rows);
  return *this;
}

sqlite::Statement Query::prepare(const sqlite::Database& database) const {
  sqlite::Statement statement = database.prepare(sql_);
  int index = 0;
  for (const Value& value : values_) statement.bind(index++, value);
  return statement;
}

std::int64_t Query::count(const sqlite::Database& database) const {
  Query counting("SELECT count(*) FROM (" + sql_ + ")");
  counting.values_ = values_;
  sqlite::Statement statement = counting.prepare(database);
  return statement.step() ? statement.integer(0) : 0;
}

}  // namespace playmirror::query
