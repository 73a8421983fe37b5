/// \file
/// When music is played.

#include "ask_stats.hpp"
#include "record_list.hpp"

#include <playmirror/stats_rhythm_members.hpp>

namespace playmirror::python {

void add_rhythm(StatsClass& stats) {
  stats.def("activity", ask(&Stats::activity, "unit"))
      .def("clock", ask(&Stats::clock, "attribution"))
      .def("heatmap", ask(&Stats::heatmap, "attribution"))
      .def("streaks", ask(&Stats::streaks, "min_plays", "as_of"))
      .def("sessions", ask(&Stats::sessions, "gap"))
      .def("session_list", ask(&Stats::session_list, "gap"));
}

}  // namespace playmirror::python
