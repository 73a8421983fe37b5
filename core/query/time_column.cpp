#include "core/query/time_column.hpp"

#include "core/ingest/odd_values.hpp"
#include "core/sqlite/time_function.hpp"

namespace playmirror::query {
namespace {

bool has_odd_times(const sqlite::Database& database, std::string_view table) {
  auto mark = database.prepare("SELECT odd_times FROM playmirror_tables WHERE name = ?");
  return mark.bind_all(table).step() && mark.integer(0) != 0;
}

}  // namespace

TimeColumn::TimeColumn(sqlite::Database& database, std::string_view table, std::string_view column)
    : column_("r." + sqlite::quoted(column)),
      sortable_(column_),
      by_instant_(has_odd_times(database, table)) {
  if (!by_instant_) return;
  sqlite::add_time_function(database);
  sortable_ = std::string(sqlite::kTimeFunction) + "(" + column_ + ")";
}

void TimeColumn::restrict(Query& query, std::optional<Timestamp> since,
                          std::optional<Timestamp> until) const {
  if (since) query.where(sortable_ + " >= ?", limit_value(*since));
  if (until) query.where(sortable_ + " < ?", limit_value(*until));
}

std::vector<Query> TimeColumn::ordered(const Query& query, std::optional<Timestamp> since,
                                       std::optional<Timestamp> until, Order order,
                                       std::int64_t limit) const {
  const bool newest_first = order == Order::newest_first;
  const std::string direction = newest_first ? " DESC" : "";
  Query timed = query;
  // Unlike IS NOT NULL, a lower limit lets the index skip the rows without a time.
  restrict(timed, since.value_or(Timestamp::negative_infinity()), until);
  timed.order_by(sortable_ + direction + ", r.id" + direction).limit(limit);
  if (since || until) return {timed};

  Query timeless = query;
  timeless.where(column_ + " IS NULL").order_by("r.id" + direction).limit(limit);
  if (newest_first) return {timeless, timed};
  return {timed, timeless};
}

Value TimeColumn::limit_value(Timestamp limit) const {
  const std::int64_t micros = limit.postgres_micros();
  if (by_instant_) return micros;
  if (ingest::sorts_as_text(micros)) return limit.to_postgres_string();
  // No row lies beyond the years that sort as text, except at the infinities: these two texts stand
  // right after "-infinity" and right before "infinity".
  return micros < 0 ? std::string("0") : std::string(":");
}

}  // namespace playmirror::query
