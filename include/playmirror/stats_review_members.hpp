/// \file
/// The members of what stats_review.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats_habits_members.hpp>
#include <playmirror/stats_music_members.hpp>
#include <playmirror/stats_review.hpp>
#include <playmirror/stats_rhythm_members.hpp>
#include <playmirror/stats_top_members.hpp>
#include <playmirror/stats_totals_members.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<Peak> {
  static constexpr auto kName = "Peak";
  static constexpr std::tuple kAll{
      Member{"first_day", &Peak::first_day},
      Member{"plays", &Peak::plays},
  };
};

template <>
struct Members<RankNeighbour> {
  static constexpr auto kName = "RankNeighbour";
  static constexpr std::tuple kAll{
      Member{"id", &RankNeighbour::id},       Member{"name", &RankNeighbour::name},
      Member{"plays", &RankNeighbour::plays}, Member{"position", &RankNeighbour::position},
      Member{"rank", &RankNeighbour::rank},
  };
};

template <>
struct Members<EntityProfile> {
  static constexpr auto kName = "EntityProfile";
  static constexpr std::tuple kAll{
      Member{"id", &EntityProfile::id},
      Member{"name", &EntityProfile::name},
      Member{"plays", &EntityProfile::plays},
      Member{"time", &EntityProfile::time},
      Member{"days", &EntityProfile::days},
      Member{"skips", &EntityProfile::skips},
      Member{"first_at", &EntityProfile::first_at},
      Member{"last_at", &EntityProfile::last_at},
      Member{"share", &EntityProfile::share},
      Member{"position", &EntityProfile::position},
      Member{"rank", &EntityProfile::rank},
      Member{"of", &EntityProfile::of},
      Member{"best_week", &EntityProfile::best_week},
      Member{"best_month", &EntityProfile::best_month},
      Member{"neighbours", &EntityProfile::neighbours},
  };
};

template <>
struct Members<YearInReview> {
  static constexpr auto kName = "YearInReview";
  static constexpr std::tuple kAll{
      Member{"year", &YearInReview::year},
      Member{"totals", &YearInReview::totals},
      Member{"tracks", &YearInReview::tracks},
      Member{"artists", &YearInReview::artists},
      Member{"albums", &YearInReview::albums},
      Member{"genres", &YearInReview::genres},
      Member{"months", &YearInReview::months},
      Member{"discovery", &YearInReview::discovery},
      Member{"longest_streak", &YearInReview::longest_streak},
      Member{"longest_session", &YearInReview::longest_session},
      Member{"most_replayed", &YearInReview::most_replayed},
      Member{"eras", &YearInReview::eras},
      Member{"audio", &YearInReview::audio},
      Member{"compare", &YearInReview::compare},
  };
};

}  // namespace playmirror
