#pragma once

#include "core/sqlite/database.hpp"

#include <optional>
#include <string_view>

namespace playmirror::query {

/// The real numbers of one table that a SQLite column cannot hold, from playmirror_odd_values.
/// Nearly every table has none, which is looked up once, when the object is made.
class OddReals {
 public:
  OddReals(const sqlite::Database& database, std::string_view table);

  [[nodiscard]] bool empty() const noexcept { return !lookup_; }

  /// The server's value behind a column that reads as NULL or 0.0 here, if it is an odd one.
  [[nodiscard]] std::optional<double> find(std::string_view row_key, std::string_view column);

 private:
  std::optional<sqlite::Statement> lookup_;
};

}  // namespace playmirror::query
