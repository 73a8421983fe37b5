/// \file
/// The names of the choices that stats_filter.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats_filter.hpp>

#include <array>

namespace playmirror {

template <>
struct Members<ListenRule> {
  static constexpr auto kName = "ListenRule";
  static constexpr std::array kAll{
      Name{ListenRule::all, "all"},
      Name{ListenRule::spotify_30s, "spotify_30s"},
      Name{ListenRule::scrobble, "scrobble"},
  };
};

template <>
struct Members<NullListened> {
  static constexpr auto kName = "NullListened";
  static constexpr std::array kAll{
      Name{NullListened::keep, "keep"},
      Name{NullListened::drop, "drop"},
  };
};

template <>
struct Members<Skips> {
  static constexpr auto kName = "Skips";
  static constexpr std::array kAll{
      Name{Skips::include, "include"},
      Name{Skips::exclude, "exclude"},
      Name{Skips::exclude_unknown, "exclude_unknown"},
      Name{Skips::only, "only"},
  };
};

template <>
struct Members<TimeBasis> {
  static constexpr auto kName = "TimeBasis";
  static constexpr std::array kAll{
      Name{TimeBasis::measured_or_duration, "measured_or_duration"},
      Name{TimeBasis::measured_only, "measured_only"},
  };
};

template <>
struct Members<ArtistCredit> {
  static constexpr auto kName = "ArtistCredit";
  static constexpr std::array kAll{
      Name{ArtistCredit::each, "each"},
      Name{ArtistCredit::split, "split"},
      Name{ArtistCredit::primary, "primary"},
  };
};

template <>
struct Members<GenreWeight> {
  static constexpr auto kName = "GenreWeight";
  static constexpr std::array kAll{
      Name{GenreWeight::full, "full"},
      Name{GenreWeight::split, "split"},
  };
};

template <>
struct Members<TrackIdentity> {
  static constexpr auto kName = "TrackIdentity";
  static constexpr std::array kAll{
      Name{TrackIdentity::id, "id"},
      Name{TrackIdentity::isrc, "isrc"},
      Name{TrackIdentity::fingerprint, "fingerprint"},
  };
};

template <>
struct Members<Dedupe> {
  static constexpr auto kName = "Dedupe";
  static constexpr std::array kAll{
      Name{Dedupe::none, "none"},
      Name{Dedupe::near, "near"},
  };
};

template <>
struct Members<PlayedAt> {
  static constexpr auto kName = "PlayedAt";
  static constexpr std::array kAll{
      Name{PlayedAt::start, "start"},
      Name{PlayedAt::end, "end"},
      Name{PlayedAt::unknown, "unknown"},
  };
};

template <>
struct Members<Rank> {
  static constexpr auto kName = "Rank";
  static constexpr std::array kAll{
      Name{Rank::plays, "plays"},
      Name{Rank::time, "time"},
      Name{Rank::days, "days"},
      Name{Rank::skips, "skips"},
  };
};

}  // namespace playmirror
