/// \file
/// How music is listened to.

#include "ask_stats.hpp"
#include "record_list.hpp"

#include <playmirror/stats_habits_members.hpp>

namespace playmirror::python {

void add_habits(StatsClass& stats) {
  stats.def("skips", ask(&Stats::skips, "group", "min_known"))
      .def("discovery", ask(&Stats::discovery))
      .def("discovery_trend", ask(&Stats::discovery_trend, "unit"))
      .def("repeats", ask(&Stats::repeats))
      .def("diversity", ask(&Stats::diversity, "entity"));
}

}  // namespace playmirror::python
