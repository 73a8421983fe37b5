/// \file
/// The members of what stats_story.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_habits_members.hpp>
#include <playmirror/stats_music_members.hpp>
#include <playmirror/stats_rhythm_members.hpp>
#include <playmirror/stats_story.hpp>
#include <playmirror/stats_top_members.hpp>
#include <playmirror/stats_totals_members.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<Obsession> {
  static constexpr auto kName = "Obsession";
  static constexpr std::tuple kAll{
      Member{"week", &Obsession::week},
      Member{"artist_id", &Obsession::artist_id},
      Member{"name", &Obsession::name},
      Member{"plays", &Obsession::plays},
      Member{"week_plays", &Obsession::week_plays},
      Member{"share", &Obsession::share},
  };
};

template <>
struct Members<Loyalty> {
  static constexpr auto kName = "Loyalty";
  static constexpr std::tuple kAll{
      Member{"artist_id", &Loyalty::artist_id}, Member{"name", &Loyalty::name},
      Member{"plays", &Loyalty::plays},         Member{"median_days", &Loyalty::median_days},
      Member{"first_at", &Loyalty::first_at},   Member{"last_at", &Loyalty::last_at},
  };
};

template <>
struct Members<Comeback> {
  static constexpr auto kName = "Comeback";
  static constexpr std::tuple kAll{
      Member{"track_id", &Comeback::track_id}, Member{"name", &Comeback::name},
      Member{"artist", &Comeback::artist},     Member{"last_at", &Comeback::last_at},
      Member{"back_at", &Comeback::back_at},   Member{"days", &Comeback::days},
  };
};

template <>
struct Members<Milestone> {
  static constexpr auto kName = "Milestone";
  static constexpr std::tuple kAll{
      Member{"number", &Milestone::number},       Member{"id", &Milestone::id},
      Member{"played_at", &Milestone::played_at}, Member{"track_id", &Milestone::track_id},
      Member{"name", &Milestone::name},           Member{"artist", &Milestone::artist},
  };
};

template <>
struct Members<Moods> {
  static constexpr auto kName = "Moods";
  static constexpr std::tuple kAll{
      Member{"plays", &Moods::plays},
      Member{"happy", &Moods::happy},
      Member{"angry", &Moods::angry},
      Member{"calm", &Moods::calm},
      Member{"sad", &Moods::sad},
      Member{"unknown", &Moods::unknown},
      Member{"unknown_share", &Moods::unknown_share},
      Member{"grid", &Moods::grid},
  };
};

template <>
struct Members<Completion> {
  static constexpr auto kName = "Completion";
  static constexpr std::tuple kAll{
      Member{"plays", &Completion::plays},
      Member{"known", &Completion::known},
      Member{"tenths", &Completion::tenths},
      Member{"completed_share", &Completion::completed_share},
  };
};

template <>
struct Members<EvolutionPoint> {
  static constexpr auto kName = "EvolutionPoint";
  static constexpr std::tuple kAll{
      Member{"key", &EvolutionPoint::key},
      Member{"name", &EvolutionPoint::name},
      Member{"local_start", &EvolutionPoint::local_start},
      Member{"start", &EvolutionPoint::start},
      Member{"plays", &EvolutionPoint::plays},
      Member{"rank", &EvolutionPoint::rank},
  };
};

}  // namespace playmirror
