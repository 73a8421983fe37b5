/// \file
/// The members of what stats_top.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats_top.hpp>

#include <tuple>

namespace playmirror {

template <>
struct Members<TimeTotal> {
  static constexpr auto kName = "TimeTotal";
  static constexpr std::tuple kAll{
      Member{"measured_ms", &TimeTotal::measured_ms},
      Member{"estimated_ms", &TimeTotal::estimated_ms},
      Member{"plays_measured", &TimeTotal::plays_measured},
      Member{"plays_estimated", &TimeTotal::plays_estimated},
      Member{"plays_unknown", &TimeTotal::plays_unknown},
  };
};

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
      Member{"track_id", &TopTrack::track_id},
      Member{"name", &TopTrack::name},
      Member{"artist", &TopTrack::artist},
      Member{"plays", &TopTrack::plays},
      Member{"position", &TopTrack::position},
      Member{"rank", &TopTrack::rank},
      Member{"of", &TopTrack::of},
      Member{"share", &TopTrack::share},
      Member{"time", &TopTrack::time},
      Member{"days", &TopTrack::days},
      Member{"skips", &TopTrack::skips},
      Member{"first_at", &TopTrack::first_at},
      Member{"last_at", &TopTrack::last_at},
  };
};

template <>
struct Members<TopArtist> {
  static constexpr auto kName = "TopArtist";
  static constexpr std::tuple kAll{
      Member{"artist_id", &TopArtist::artist_id},
      Member{"name", &TopArtist::name},
      Member{"plays", &TopArtist::plays},
      Member{"weight", &TopArtist::weight},
      Member{"position", &TopArtist::position},
      Member{"rank", &TopArtist::rank},
      Member{"of", &TopArtist::of},
      Member{"share", &TopArtist::share},
      Member{"time", &TopArtist::time},
      Member{"days", &TopArtist::days},
      Member{"skips", &TopArtist::skips},
      Member{"first_at", &TopArtist::first_at},
      Member{"last_at", &TopArtist::last_at},
  };
};

template <>
struct Members<TopAlbum> {
  static constexpr auto kName = "TopAlbum";
  static constexpr std::tuple kAll{
      Member{"album_id", &TopAlbum::album_id}, Member{"name", &TopAlbum::name},
      Member{"artist", &TopAlbum::artist},     Member{"by_name", &TopAlbum::by_name},
      Member{"plays", &TopAlbum::plays},       Member{"position", &TopAlbum::position},
      Member{"rank", &TopAlbum::rank},         Member{"of", &TopAlbum::of},
      Member{"share", &TopAlbum::share},       Member{"time", &TopAlbum::time},
      Member{"days", &TopAlbum::days},         Member{"skips", &TopAlbum::skips},
      Member{"first_at", &TopAlbum::first_at}, Member{"last_at", &TopAlbum::last_at},
  };
};

template <>
struct Members<TopGenre> {
  static constexpr auto kName = "TopGenre";
  static constexpr std::tuple kAll{
      Member{"genre", &TopGenre::genre},       Member{"plays", &TopGenre::plays},
      Member{"weight", &TopGenre::weight},     Member{"position", &TopGenre::position},
      Member{"rank", &TopGenre::rank},         Member{"of", &TopGenre::of},
      Member{"share", &TopGenre::share},       Member{"time", &TopGenre::time},
      Member{"days", &TopGenre::days},         Member{"skips", &TopGenre::skips},
      Member{"first_at", &TopGenre::first_at}, Member{"last_at", &TopGenre::last_at},
  };
};

template <>
struct Members<TopContext> {
  static constexpr auto kName = "TopContext";
  static constexpr std::tuple kAll{
      Member{"context_uri", &TopContext::context_uri},
      Member{"plays", &TopContext::plays},
      Member{"position", &TopContext::position},
      Member{"rank", &TopContext::rank},
      Member{"of", &TopContext::of},
      Member{"share", &TopContext::share},
      Member{"time", &TopContext::time},
      Member{"days", &TopContext::days},
      Member{"skips", &TopContext::skips},
      Member{"first_at", &TopContext::first_at},
      Member{"last_at", &TopContext::last_at},
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
