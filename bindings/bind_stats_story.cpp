/// \file
/// What stands out in a history, and all about one track, artist or year.

#include "ask_stats.hpp"
#include "record_list.hpp"

#include <playmirror/stats_review_members.hpp>
#include <playmirror/stats_story_members.hpp>

namespace playmirror::python {

void add_story(StatsClass& stats) {
  stats.def("obsessions", ask(&Stats::obsessions, "share", "min_plays"))
      .def("loyalty", ask(&Stats::loyalty, "min_plays"))
      .def("comebacks", ask(&Stats::lazy_comebacks, "gap_days"))
      .def("milestones", ask(&Stats::milestones, "every"))
      .def("on_this_day", ask(&Stats::on_this_day))
      .def("one_time", ask(&Stats::one_time))
      .def("moods", ask(&Stats::moods))
      .def("completion", ask(&Stats::completion))
      .def("evolution", ask(&Stats::evolution, "entity", "unit"))
      .def("entity_profile", ask(&Stats::entity_profile, "id", "entity"))
      .def("year_in_review", ask(&Stats::year_in_review, "year"));
}

}  // namespace playmirror::python
