/// \file
/// The members of what stats_totals.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/period_members.hpp>
#include <playmirror/stats_top_members.hpp>
#include <playmirror/stats_totals.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<Totals> {
  static constexpr auto kName = "Totals";
  static constexpr std::tuple kAll{
      Member{"plays", &Totals::plays},
      Member{"time", &Totals::time},
      Member{"tracks", &Totals::tracks},
      Member{"artists", &Totals::artists},
      Member{"albums", &Totals::albums},
      Member{"genres", &Totals::genres},
      Member{"active_days", &Totals::active_days},
      Member{"first_at", &Totals::first_at},
      Member{"last_at", &Totals::last_at},
      Member{"plays_per_active_day", &Totals::plays_per_active_day},
      Member{"ms_per_active_day", &Totals::ms_per_active_day},
      Member{"calendar_days", &Totals::calendar_days},
      Member{"plays_per_calendar_day", &Totals::plays_per_calendar_day},
      Member{"ms_per_calendar_day", &Totals::ms_per_calendar_day},
  };
};

template <>
struct Members<ComparedNumber> {
  static constexpr auto kName = "ComparedNumber";
  static constexpr std::tuple kAll{
      Member{"name", &ComparedNumber::name},   Member{"value", &ComparedNumber::value},
      Member{"base", &ComparedNumber::base},   Member{"delta", &ComparedNumber::delta},
      Member{"ratio", &ComparedNumber::ratio},
  };
};

template <>
struct Members<RankMove> {
  static constexpr auto kName = "RankMove";
  static constexpr std::tuple kAll{
      Member{"id", &RankMove::id},
      Member{"name", &RankMove::name},
      Member{"plays", &RankMove::plays},
      Member{"base_plays", &RankMove::base_plays},
      Member{"rank", &RankMove::rank},
      Member{"base_rank", &RankMove::base_rank},
      Member{"rank_change", &RankMove::rank_change},
  };
};

template <>
struct Members<Comparison> {
  static constexpr auto kName = "Comparison";
  static constexpr std::tuple kAll{
      Member{"span", &Comparison::span},       Member{"base_span", &Comparison::base_span},
      Member{"numbers", &Comparison::numbers}, Member{"tracks", &Comparison::tracks},
      Member{"artists", &Comparison::artists},
  };
};

template <>
struct Members<DataQuality> {
  static constexpr auto kName = "DataQuality";
  static constexpr std::tuple kAll{
      Member{"plays", &DataQuality::plays},
      Member{"null_listened", &DataQuality::null_listened},
      Member{"negative_listened", &DataQuality::negative_listened},
      Member{"over_long", &DataQuality::over_long},
      Member{"null_skipped", &DataQuality::null_skipped},
      Member{"null_source", &DataQuality::null_source},
      Member{"null_context", &DataQuality::null_context},
      Member{"no_time", &DataQuality::no_time},
      Member{"future", &DataQuality::future},
      Member{"equal_timestamps", &DataQuality::equal_timestamps},
      Member{"duplicate_candidates", &DataQuality::duplicate_candidates},
      Member{"no_track", &DataQuality::no_track},
      Member{"no_duration", &DataQuality::no_duration},
      Member{"no_artists", &DataQuality::no_artists},
      Member{"no_genres", &DataQuality::no_genres},
      Member{"no_features", &DataQuality::no_features},
      Member{"out_of_range_features", &DataQuality::out_of_range_features},
      Member{"plays_since", &DataQuality::plays_since},
  };
};

}  // namespace playmirror
