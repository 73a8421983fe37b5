#include "core/query/odd_reals.hpp"

#include <playmirror/error.hpp>

#include <limits>
#include <string>

namespace playmirror::query {

OddReals::OddReals(const sqlite::Database& database, std::string_view table) {
  auto any = database.prepare("SELECT 1 FROM playmirror_odd_values WHERE table_name = ? LIMIT 1");
  if (!any.bind_all(table).step()) return;
  lookup_ = database.prepare(
      "SELECT value FROM playmirror_odd_values "
      "WHERE table_name = ? AND row_key = ? AND column_name = ?");
  lookup_->bind(0, table);
}

std::optional<double> OddReals::find(std::string_view row_key, std::string_view column) {
  lookup_->reset();
  if (!lookup_->bind(1, row_key).bind(2, column).step()) return std::nullopt;
  const std::string value(lookup_->text(0));
  if (value == "NaN") return std::numeric_limits<double>::quiet_NaN();
  if (value == "-0") return -0.0;
  raise(ErrorCode::damaged, "playmirror_odd_values holds \"" + value + "\" for column " +
                                std::string(column) + " of row " + std::string(row_key));
}

}  // namespace playmirror::query
