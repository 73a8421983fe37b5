/// \file
/// What kind of music is played.

#include "ask_stats.hpp"
#include "record_list.hpp"

#include <playmirror/stats_music_members.hpp>

namespace playmirror::python {

void add_music(StatsClass& stats) {
  stats.def("genres", ask(&Stats::genres))
      .def("genre_by_daypart", ask(&Stats::genre_by_daypart))
      .def("eras", ask(&Stats::eras, "unit"))
      .def("audio_profile", ask(&Stats::audio_profile))
      .def("audio_trend", ask(&Stats::audio_trend, "unit"));
}

}  // namespace playmirror::python
