/// \file
/// The members of the statistics' rows.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<RecentPlay> {
  static constexpr auto kName = "RecentPlay";
  static constexpr std::tuple kAll{
      Member{"id", &RecentPlay::id},
      Member{"track_id", &RecentPlay::track_id},
      Member{"name", &RecentPlay::name},
      Member{"artist", &RecentPlay::artist},
      Member{"played_at", &RecentPlay::played_at},
  };
};

template <>
struct Members<TopTrack> {
  static constexpr auto kName = "TopTrack";
  static constexpr std::tuple kAll{
      Member{"track_id", &TopTrack::track_id}, Member{"name", &TopTrack::name},
      Member{"artist", &TopTrack::artist},     Member{"plays", &TopTrack::plays},
      Member{"position", &TopTrack::position}, Member{"rank", &TopTrack::rank},
  };
};

template <>
struct Members<GenreCount> {
  static constexpr auto kName = "GenreCount";
  static constexpr std::tuple kAll{
      Member{"genre", &GenreCount::genre},
      Member{"artists", &GenreCount::artists},
  };
};

}  // namespace playmirror
