/// Plays: reading. Recording is core/outbox/record.cpp.

#include "core/query/cursor.hpp"
#include "core/query/lookup.hpp"
#include "core/query/plays_table.hpp"
#include "core/query/read_table.hpp"
#include "core/query/time_column.hpp"

#include <playmirror/mirror.hpp>

#include <utility>

namespace playmirror {
namespace {

using query::Query;

/// Everything that the filter asks for except time, order and limit.
Query matching(std::string select, const PlayFilter& filter) {
  Query query(std::move(select));
  if (filter.track_id) query.where("r.track_id = ?", *filter.track_id);
  if (filter.artist_id) {
    query.where("r.track_id IN (SELECT track_id FROM track_artists WHERE artist_id = ?)",
                *filter.artist_id);
  }
  if (filter.source) query.where("r.source = ?", *filter.source);
  if (filter.context_uri) query.where("r.context_uri = ?", *filter.context_uri);
  if (filter.skipped) query.where("r.skipped = ?", std::int64_t{*filter.skipped});
  if (filter.pending) query.where(query::pending_condition(query::kTableOf<Play>, *filter.pending));
  return query;
}

}  // namespace

Plays::Plays(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<Play> Plays::find(std::int64_t id) const {
  return query::find_recorded<Play>(query::Moment(*state_), id);
}

std::vector<Play> Plays::recent(std::int64_t limit) const {
  std::vector<Play> plays;
  auto cursor = list({.limit = limit});
  while (auto play = cursor.next()) plays.push_back(*std::move(play));
  return plays;
}

Cursor<Play> Plays::list(const PlayFilter& filter) const {
  query::Moment moment(*state_);
  const query::TimeColumn played_at(moment.database(), query::kTableOf<Play>, "played_at");
  const auto parts = played_at.ordered(matching(query::RecordReader<Play>::select(), filter),
                                       filter.since, filter.until, filter.order, filter.limit);
  return query::open_cursor<Play>(std::move(moment), parts, filter.limit);
}

std::int64_t Plays::count(const PlayFilter& filter) const {
  const query::Moment moment(*state_);
  Query query = matching("SELECT 1 FROM play_history AS r", filter);
  query::TimeColumn(moment.database(), query::kTableOf<Play>, "played_at")
      .restrict(query, filter.since, filter.until);
  return query.limit(filter.limit).count(moment.database());
}

Table Plays::table(const PlayFilter& filter) const {
  if (auto table = query::plays_table(*state_, filter)) return *std::move(table);
  return query::read_table(list(filter));
}

}  // namespace playmirror
