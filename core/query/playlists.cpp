/// Playlists: reading, which is all there is.

#include "core/query/cursor.hpp"
#include "core/query/lookup.hpp"
#include "core/query/read_table.hpp"

#include <playmirror/mirror.hpp>

#include <utility>

namespace playmirror {

Playlists::Playlists(std::shared_ptr<MirrorState> state) noexcept : state_(std::move(state)) {}

std::optional<PlaylistConfig> Playlists::find(std::string_view key) const {
  return query::find<PlaylistConfig>(query::Moment(*state_), std::string(key));
}

Cursor<PlaylistConfig> Playlists::list() const {
  query::Query query(query::RecordReader<PlaylistConfig>::select());
  query.order_by("r.key");
  return query::open_cursor<PlaylistConfig>(query::Moment(*state_), {query});
}

std::int64_t Playlists::count() const {
  return query::Query("SELECT 1 FROM playlist_config").count(query::Moment(*state_).database());
}

Table Playlists::table() const { return query::read_table(list()); }

}  // namespace playmirror
