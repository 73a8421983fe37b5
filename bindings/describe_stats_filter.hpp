/// \file
/// The filter of the statistics: keyword arguments in Python.
#pragma once

#include "convert_period.hpp"
#include "convert_time.hpp"
#include "describe.hpp"

#include <playmirror/period_members.hpp>
#include <playmirror/stats_filter_members.hpp>

#include <tuple>

namespace playmirror::python {

template <>
struct Describe<StatsFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"period", &StatsFilter::period},
      Member{"now", &StatsFilter::now},
      ZoneMember{"tz", &StatsFilter::tz},
      Member{"week_start", &StatsFilter::week_start},
      Member{"rule", &StatsFilter::rule},
      Member{"min_listened_ms", &StatsFilter::min_listened_ms},
      Member{"null_listened", &StatsFilter::null_listened},
      Member{"skips", &StatsFilter::skips},
      Member{"sources", &StatsFilter::sources},
      Member{"include_contexts", &StatsFilter::include_contexts},
      Member{"exclude_contexts", &StatsFilter::exclude_contexts},
      Member{"exclude_track_ids", &StatsFilter::exclude_track_ids},
      Member{"exclude_artist_ids", &StatsFilter::exclude_artist_ids},
      Member{"exclusions", &StatsFilter::exclusions},
      Member{"track_id", &StatsFilter::track_id},
      Member{"artist_id", &StatsFilter::artist_id},
      Member{"album", &StatsFilter::album},
      Member{"genre", &StatsFilter::genre},
      Member{"time_basis", &StatsFilter::time_basis},
      Member{"artist_credit", &StatsFilter::artist_credit},
      Member{"genre_weight", &StatsFilter::genre_weight},
      Member{"track_identity", &StatsFilter::track_identity},
      Member{"dedupe", &StatsFilter::dedupe},
      Member{"dedupe_window", &StatsFilter::dedupe_window},
      Member{"played_at_is", &StatsFilter::played_at_is},
      Member{"by", &StatsFilter::by},
      Member{"limit", &StatsFilter::limit},
      Member{"offset", &StatsFilter::offset},
      Member{"details", &StatsFilter::details},
  };
};

}  // namespace playmirror::python
