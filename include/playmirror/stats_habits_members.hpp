/// \file
/// The members of what stats_habits.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/stats_habits.hpp>
#include <playmirror/stats_top_members.hpp>

#include <array>
#include <tuple>

namespace playmirror {

template <>
struct Members<SkipGroup> {
  static constexpr auto kName = "SkipGroup";
  static constexpr std::array kAll{
      Name{SkipGroup::none, "none"},       Name{SkipGroup::track, "track"},
      Name{SkipGroup::artist, "artist"},   Name{SkipGroup::hour, "hour"},
      Name{SkipGroup::context, "context"},
  };
};

template <>
struct Members<SkipRate> {
  static constexpr auto kName = "SkipRate";
  static constexpr std::tuple kAll{
      Member{"key", &SkipRate::key},     Member{"name", &SkipRate::name},
      Member{"known", &SkipRate::known}, Member{"skipped", &SkipRate::skipped},
      Member{"rate", &SkipRate::rate},
  };
};

template <>
struct Members<Discovery> {
  static constexpr auto kName = "Discovery";
  static constexpr std::tuple kAll{
      Member{"plays", &Discovery::plays},
      Member{"tracks", &Discovery::tracks},
      Member{"artists", &Discovery::artists},
      Member{"albums", &Discovery::albums},
      Member{"new_tracks", &Discovery::new_tracks},
      Member{"new_artists", &Discovery::new_artists},
      Member{"new_albums", &Discovery::new_albums},
      Member{"new_plays", &Discovery::new_plays},
      Member{"track_rate", &Discovery::track_rate},
      Member{"artist_rate", &Discovery::artist_rate},
      Member{"album_rate", &Discovery::album_rate},
      Member{"new_play_share", &Discovery::new_play_share},
      Member{"history_start", &Discovery::history_start},
      Member{"censored", &Discovery::censored},
  };
};

template <>
struct Members<DiscoveryBucket> {
  static constexpr auto kName = "DiscoveryBucket";
  static constexpr std::tuple kAll{
      Member{"local_start", &DiscoveryBucket::local_start},
      Member{"start", &DiscoveryBucket::start},
      Member{"end", &DiscoveryBucket::end},
      Member{"plays", &DiscoveryBucket::plays},
      Member{"tracks", &DiscoveryBucket::tracks},
      Member{"artists", &DiscoveryBucket::artists},
      Member{"albums", &DiscoveryBucket::albums},
      Member{"new_tracks", &DiscoveryBucket::new_tracks},
      Member{"new_artists", &DiscoveryBucket::new_artists},
      Member{"new_albums", &DiscoveryBucket::new_albums},
      Member{"new_plays", &DiscoveryBucket::new_plays},
      Member{"censored", &DiscoveryBucket::censored},
  };
};

template <>
struct Members<RepeatRun> {
  static constexpr auto kName = "RepeatRun";
  static constexpr std::tuple kAll{
      Member{"track_id", &RepeatRun::track_id}, Member{"name", &RepeatRun::name},
      Member{"plays", &RepeatRun::plays},       Member{"first_at", &RepeatRun::first_at},
      Member{"last_at", &RepeatRun::last_at},
  };
};

template <>
struct Members<RepeatedTrack> {
  static constexpr auto kName = "RepeatedTrack";
  static constexpr std::tuple kAll{
      Member{"track_id", &RepeatedTrack::track_id}, Member{"name", &RepeatedTrack::name},
      Member{"artist", &RepeatedTrack::artist},     Member{"plays", &RepeatedTrack::plays},
      Member{"days", &RepeatedTrack::days},         Member{"score", &RepeatedTrack::score},
  };
};

template <>
struct Members<Repeats> {
  static constexpr auto kName = "Repeats";
  static constexpr std::tuple kAll{
      Member{"plays", &Repeats::plays},
      Member{"tracks", &Repeats::tracks},
      Member{"plays_per_track", &Repeats::plays_per_track},
      Member{"repeat_share", &Repeats::repeat_share},
      Member{"longest_run", &Repeats::longest_run},
      Member{"most_repeated", &Repeats::most_repeated},
  };
};

template <>
struct Members<Entity> {
  static constexpr auto kName = "Entity";
  static constexpr std::array kAll{
      Name{Entity::track, "track"}, Name{Entity::artist, "artist"},   Name{Entity::album, "album"},
      Name{Entity::genre, "genre"}, Name{Entity::context, "context"},
  };
};

template <>
struct Members<Diversity> {
  static constexpr auto kName = "Diversity";
  static constexpr std::tuple kAll{
      Member{"richness", &Diversity::richness},
      Member{"plays", &Diversity::plays},
      Member{"shannon", &Diversity::shannon},
      Member{"effective", &Diversity::effective},
      Member{"evenness", &Diversity::evenness},
      Member{"simpson", &Diversity::simpson},
      Member{"gini", &Diversity::gini},
      Member{"top_1_share", &Diversity::top_1_share},
      Member{"top_10_share", &Diversity::top_10_share},
      Member{"top_100_share", &Diversity::top_100_share},
  };
};

}  // namespace playmirror
