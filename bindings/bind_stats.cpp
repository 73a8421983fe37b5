/// \file
/// The statistics of a mirror: ranked lists and totals here, the others in bind_stats_*.cpp.

#include "ask_stats.hpp"
#include "bind.hpp"
#include "record_list.hpp"

#include <playmirror/stats_top_members.hpp>
#include <playmirror/stats_totals_members.hpp>

#include <cstdint>
#include <optional>

namespace playmirror::python {

namespace {

py::object compare(const Stats& stats, py::handle base, const py::kwargs& keywords) {
  const auto filter = from_keywords<StatsFilter>(keywords);
  std::optional<StatsFilter> other;
  if (!base.is_none()) {
    if (!py::isinstance<py::dict>(base)) wrong_type("base", "a dict of filters", base);
    other = from_keywords<StatsFilter>(py::reinterpret_borrow<py::dict>(base));
  }
  return to_python(without_gil([&] { return stats.compare(filter, other); }));
}

}  // namespace

void add_rankings(StatsClass& stats) {
  stats.def("recent_plays", ask(&Stats::recent_plays))
      .def("totals", ask(&Stats::totals))
      .def("top_tracks", ask(&Stats::top_tracks))
      .def("top_artists", ask(&Stats::top_artists))
      .def("top_albums", ask(&Stats::top_albums))
      .def("top_genres", ask(&Stats::top_genres))
      .def("top_contexts", ask(&Stats::top_contexts))
      .def("compare", &compare)
      .def("data_quality", ask(&Stats::data_quality))
      .def("metrics_payload", ask(&Stats::metrics_payload))
      .def("genre_artist_counts", [](const Stats& self) {
        return to_python(without_gil([&] { return self.genre_artist_counts(); }));
      });
}

void bind_stats(py::module_& module) {
  StatsClass stats(module, "Stats");
  add_rankings(stats);
  add_rhythm(stats);
  add_habits(stats);
  add_music(stats);
  add_story(stats);
}

}  // namespace playmirror::python
