/// \file
/// The filter of the statistics: keyword arguments in Python.
#pragma once

#include "convert_period.hpp"
#include "convert_time.hpp"
#include "describe.hpp"

#include <playmirror/period_members.hpp>
#include <playmirror/stats_filter.hpp>

#include <array>
#include <tuple>

namespace playmirror::python {

template <>
struct Describe<ListenRule> {
  static constexpr auto kClass = "ListenRule";
  static constexpr std::array kNames = {
      Name{ListenRule::all, "all"},
      Name{ListenRule::spotify_30s, "spotify_30s"},
      Name{ListenRule::scrobble, "scrobble"},
  };
};

template <>
struct Describe<NullListened> {
  static constexpr auto kClass = "NullListened";
  static constexpr std::array kNames = {
      Name{NullListened::keep, "keep"},
      Name{NullListened::drop, "drop"},
  };
};

template <>
struct Describe<Skips> {
  static constexpr auto kClass = "Skips";
  static constexpr std::array kNames = {
      Name{Skips::include, "include"},
      Name{Skips::exclude, "exclude"},
      Name{Skips::exclude_unknown, "exclude_unknown"},
      Name{Skips::only, "only"},
  };
};

template <>
struct Describe<TimeBasis> {
  static constexpr auto kClass = "TimeBasis";
  static constexpr std::array kNames = {
      Name{TimeBasis::measured_or_duration, "measured_or_duration"},
      Name{TimeBasis::measured_only, "measured_only"},
  };
};

template <>
struct Describe<ArtistCredit> {
  static constexpr auto kClass = "ArtistCredit";
  static constexpr std::array kNames = {
      Name{ArtistCredit::each, "each"},
      Name{ArtistCredit::split, "split"},
      Name{ArtistCredit::primary, "primary"},
  };
};

template <>
struct Describe<GenreWeight> {
  static constexpr auto kClass = "GenreWeight";
  static constexpr std::array kNames = {
      Name{GenreWeight::full, "full"},
      Name{GenreWeight::split, "split"},
  };
};

template <>
struct Describe<TrackIdentity> {
  static constexpr auto kClass = "TrackIdentity";
  static constexpr std::array kNames = {
      Name{TrackIdentity::id, "id"},
      Name{TrackIdentity::isrc, "isrc"},
      Name{TrackIdentity::fingerprint, "fingerprint"},
  };
};

template <>
struct Describe<Dedupe> {
  static constexpr auto kClass = "Dedupe";
  static constexpr std::array kNames = {
      Name{Dedupe::none, "none"},
      Name{Dedupe::near, "near"},
  };
};

template <>
struct Describe<PlayedAt> {
  static constexpr auto kClass = "PlayedAt";
  static constexpr std::array kNames = {
      Name{PlayedAt::start, "start"},
      Name{PlayedAt::end, "end"},
      Name{PlayedAt::unknown, "unknown"},
  };
};

template <>
struct Describe<Rank> {
  static constexpr auto kClass = "Rank";
  static constexpr std::array kNames = {
      Name{Rank::plays, "plays"},
      Name{Rank::time, "time"},
      Name{Rank::days, "days"},
      Name{Rank::skips, "skips"},
  };
};

template <>
struct Describe<StatsFilter> {
  static constexpr auto kMembers = std::tuple{
      Member{"period", &StatsFilter::period},
      Member{"now", &StatsFilter::now},
      Member{"tz", &StatsFilter::tz},
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
