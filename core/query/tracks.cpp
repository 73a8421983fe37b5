/// Tracks: reading. Recording is core/outbox/record.cpp.

#include "core/query/cursor.hpp"
#include "core/query/lookup.hpp"
#include "core/query/read_table.hpp"

#include <playmirror/mirror.hpp>

#include <utility>

namespace playmirror {
namespace {

using query::Query;

Query matching(std::string select, const TrackFilter& filter) {
  Query query(std::move(select));
  if (filter.name_contains) query.where(query::kNameContains, *filter.name_contains);
  if (filter.artist_id) {
    query.where("r.id IN (SELECT track_id FROM track_artists WHERE artist_id = ?)",
                *filter.artist_id);
  }
  if (filter.album) query.where("r.album = ?", *filter.album);
  return query;
}

}  // namespace

Tracks::Tracks(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<Track> Tracks::find(std::string_view id) const {
  return query::find<Track>(query::Moment(*state_), std::string(id));
}

Cursor<Track> Tracks::list(const TrackFilter& filter) const {
  Query query = matching(query::RecordReader<Track>::select(), filter);
  query.order_by("r.id").limit(filter.limit);
  return query::open_cursor<Track>(query::Moment(*state_), {query});
}

std::int64_t Tracks::count(const TrackFilter& filter) const {
  return matching("SELECT 1 FROM tracks AS r", filter)
      .limit(filter.limit)
      .count(query::Moment(*state_).database());
}

std::vector<Artist> Tracks::artists(std::string_view track_id) const {
  Query query(query::RecordReader<Artist>::select());
  query.where("r.id IN (SELECT artist_id FROM track_artists WHERE track_id = ?)",
              std::string(track_id));
  query.order_by("r.id");
  auto cursor = query::open_cursor<Artist>(query::Moment(*state_), {query});
  std::vector<Artist> artists;
  while (auto artist = cursor.next()) artists.push_back(*std::move(artist));
  return artists;
}

Table Tracks::table(const TrackFilter& filter) const { return query::read_table(list(filter)); }

}  // namespace playmirror
