/// Artists: reading. Recording is core/outbox/record.cpp.

#include "core/query/cursor.hpp"
#include "core/query/genre_list.hpp"
#include "core/query/lookup.hpp"
#include "core/query/read_table.hpp"

#include <playmirror/mirror.hpp>

#include <utility>

namespace playmirror {
namespace {

using query::Query;

Query matching(std::string select, const ArtistFilter& filter) {
  Query query(std::move(select));
  if (filter.name_contains) query.where(query::kNameContains, *filter.name_contains);
  if (filter.genre) query.where(query::kHasGenre, *filter.genre);
  return query;
}

}  // namespace

Artists::Artists(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<Artist> Artists::find(std::string_view id) const {
  return query::find<Artist>(query::Moment(*state_), std::string(id));
}

Cursor<Artist> Artists::list(const ArtistFilter& filter) const {
  Query query = matching(query::RecordReader<Artist>::select(), filter);
  query.order_by("r.id").limit(filter.limit);
  return query::open_cursor<Artist>(query::Moment(*state_), {query});
}

std::int64_t Artists::count(const ArtistFilter& filter) const {
  return matching("SELECT 1 FROM artists AS r", filter)
      .limit(filter.limit)
      .count(query::Moment(*state_).database());
}

Table Artists::table(const ArtistFilter& filter) const { return query::read_table(list(filter)); }

}  // namespace playmirror
