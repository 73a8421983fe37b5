/// The latest rows of play_history and Stats::genre_artist_counts, which SQL answers best. The
/// statistics of plays are core/stats/.

#include "core/query/genre_list.hpp"
#include "core/query/moment.hpp"
#include "core/query/query.hpp"
#include "core/query/read_time.hpp"
#include "core/query/time_column.hpp"
#include "core/text/utf8.hpp"

#include <playmirror/stats.hpp>

#include <optional>
#include <string>
#include <utility>

namespace playmirror {
namespace {

using query::Query;

std::optional<std::string> optional_text(const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return std::string(row.text(column));
}

}  // namespace

std::vector<RecentPlay> Stats::latest_rows(const StatsFilter& filter) const {
  const query::Moment moment(*state_);
  // CROSS JOIN: SQLite then keeps the order of the tables, and so the order of the index.
  const Query plays(
      "SELECT r.id, r.track_id, t.name, t.artist, r.played_at "
      "FROM play_history AS r CROSS JOIN tracks AS t ON t.id = r.track_id");
  const query::TimeColumn played_at(moment.database(), "play_history", "played_at");
  std::vector<RecentPlay> result;
  std::int64_t skipped = 0;
  std::int64_t most = 0;  // rows to look at; 0: all
  if (filter.limit != 0 && __builtin_add_overflow(filter.limit, filter.offset, &most)) most = 0;
  for (const Query& part : played_at.ordered(plays, {}, {}, Order::newest_first, most)) {
    auto row = part.prepare(moment.database());
    while ((filter.limit == 0 || std::ssize(result) < filter.limit) && row.step()) {
      if (skipped < filter.offset) {
        ++skipped;
        continue;
      }
      RecentPlay& play = result.emplace_back();
      play.id = row.integer(0);
      play.track_id = row.text(1);
      play.name = optional_text(row, 2);
      play.artist = optional_text(row, 3);
      if (!row.is_null(4)) play.played_at = query::read_time(row, 4, "played_at");
    }
  }
  return result;
}

std::vector<GenreCount> Stats::genre_artist_counts() const {
  const query::Moment moment(*state_);
  auto row = moment.database().prepare(query::kGenreCounts);
  std::vector<GenreCount> result;
  while (row.step()) {
    // An escaped lone surrogate, which makes the server's query fail, is no text.
    if (!text::is_server_text(row.text(0))) continue;
    result.push_back({std::string(row.text(0)), row.integer(1)});
  }
  return result;
}

}  // namespace playmirror
