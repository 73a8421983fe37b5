/// \file
/// What a mirror holds: plays, tracks, artists, snapshots, playlists, lists of exclusions. Filters
/// and new rows are keyword arguments.

#include "bind.hpp"
#include "cursor.hpp"
#include "describe_options.hpp"
#include "describe_stats_filter.hpp"
#include "gil.hpp"
#include "record_list.hpp"

#include <playmirror/exclusions_members.hpp>
#include <playmirror/mirror.hpp>
#include <playmirror/record_members.hpp>
#include <playmirror/stats_members.hpp>

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

namespace playmirror::python {

namespace {

/// What find() takes: the id as the collection's table has it.
template <typename Key, typename Collection>
py::object find(const Collection& collection, py::handle key) {
  const auto id = from_python<Key>(key, "id");
  return to_python(without_gil([&] { return collection.find(id); }));
}

template <typename Collection>
py::object recent(const Collection& collection, py::handle limit) {
  const auto rows = from_python<std::int64_t>(limit, "limit");
  return to_python(without_gil([&] { return collection.recent(rows); }));
}

template <typename Record, typename Filter, typename Collection>
auto list(const Collection& collection, const py::kwargs& keywords) {
  const auto filter = from_keywords<Filter>(keywords);
  return without_gil(
      [&] { return std::make_unique<CursorIterator<Record>>(collection.list(filter)); });
}

template <typename Filter, typename Collection>
std::int64_t count(const Collection& collection, const py::kwargs& keywords) {
  const auto filter = from_keywords<Filter>(keywords);
  return without_gil([&] { return collection.count(filter); });
}

template <typename Filter, typename Collection>
py::object table(const Collection& collection, const py::kwargs& keywords) {
  const auto filter = from_keywords<Filter>(keywords);
  return to_python(without_gil([&] { return collection.table(filter); }));
}

template <typename New, typename Collection>
py::object add(const Collection& collection, const py::kwargs& keywords) {
  const auto row = from_keywords<New>(keywords);
  return to_python(without_gil([&] { return collection.add(row); }));
}

py::object add_track(const Tracks& tracks, py::handle artist_ids, const py::kwargs& keywords) {
  const auto track = from_keywords<Track>(keywords);
  const auto artists = from_python<std::vector<std::string>>(artist_ids, "artist_ids");
  return to_python(without_gil([&] { return tracks.add(track, artists); }));
}

py::object artists_of(const Tracks& tracks, py::handle track_id) {
  const auto id = from_python<std::string>(track_id, "track_id");
  return to_python(without_gil([&] { return tracks.artists(id); }));
}

py::object compute(const Snapshots& snapshots, py::handle period, const py::kwargs& keywords) {
  const auto of = from_python<Period>(period, "period");
  const auto filter = from_keywords<StatsFilter>(keywords);
  return to_python(without_gil([&] { return snapshots.compute(of, filter); }));
}

void set_exclusions(const Exclusions& exclusions, const py::kwargs& keywords) {
  const auto list = from_keywords<ExclusionList>(keywords);
  without_gil([&] { exclusions.set(list); });
}

void remove_exclusions(const Exclusions& exclusions, py::handle name) {
  const auto of = from_python<std::string>(name, "name");
  without_gil([&] { exclusions.remove(of); });
}

/// Every handle shares in the mirror's connections, and the last one closes them.
template <typename Collection>
auto collection(py::module_& module, const char* name) {
  return py::class_<Collection, Held<Collection>>(module, name);
}

}  // namespace

void bind_collections(py::module_& module) {
  bind_cursor<Play>(module, "PlayCursor");
  bind_cursor<Track>(module, "TrackCursor");
  bind_cursor<Artist>(module, "ArtistCursor");
  bind_cursor<Snapshot>(module, "SnapshotCursor");
  bind_cursor<PlaylistConfig>(module, "PlaylistConfigCursor");

  collection<Plays>(module, "Plays")
      .def("find", &find<std::int64_t, Plays>)
      .def("recent", &recent<Plays>)
      .def("list", &list<Play, PlayFilter, Plays>)
      .def("count", &count<PlayFilter, Plays>)
      .def("table", &table<PlayFilter, Plays>)
      .def("add", &add<NewPlay, Plays>);

  collection<Tracks>(module, "Tracks")
      .def("find", &find<std::string, Tracks>)
      .def("list", &list<Track, TrackFilter, Tracks>)
      .def("count", &count<TrackFilter, Tracks>)
      .def("table", &table<TrackFilter, Tracks>)
      .def("artists", &artists_of)
      .def("add", &add_track);

  collection<Artists>(module, "Artists")
      .def("find", &find<std::string, Artists>)
      .def("list", &list<Artist, ArtistFilter, Artists>)
      .def("count", &count<ArtistFilter, Artists>)
      .def("table", &table<ArtistFilter, Artists>)
      .def("add", &add<Artist, Artists>);

  collection<Snapshots>(module, "Snapshots")
      .def("find", &find<std::int64_t, Snapshots>)
      .def("recent", &recent<Snapshots>)
      .def("list", &list<Snapshot, SnapshotFilter, Snapshots>)
      .def("count", &count<SnapshotFilter, Snapshots>)
      .def("table", &table<SnapshotFilter, Snapshots>)
      .def("add", &add<NewSnapshot, Snapshots>)
      .def("compute", &compute);

  collection<Playlists>(module, "Playlists")
      .def("find", &find<std::string, Playlists>)
      .def("list",
           [](const Playlists& playlists) {
             return without_gil([&] {
               return std::make_unique<CursorIterator<PlaylistConfig>>(playlists.list());
             });
           })
      .def(
          "count",
          [](const Playlists& playlists) { return without_gil([&] { return playlists.count(); }); })
      .def("table", [](const Playlists& playlists) {
        return to_python(without_gil([&] { return playlists.table(); }));
      });

  collection<Exclusions>(module, "Exclusions")
      .def("find", &find<std::string, Exclusions>)
      .def("list",
           [](const Exclusions& exclusions) {
             return to_python(without_gil([&] { return exclusions.list(); }));
           })
      .def("set", &set_exclusions)
      .def("remove", &remove_exclusions);
}

}  // namespace playmirror::python
