/// \file
/// Which table feeds each typed record. A column feeds the member of its name; the first is the
/// key.
#pragma once

#include <playmirror/record_members.hpp>

#include <string_view>
#include <tuple>

namespace playmirror::query {

template <typename Record>
inline constexpr std::string_view kTableOf = {};
template <>
inline constexpr std::string_view kTableOf<Artist> = "artists";
template <>
inline constexpr std::string_view kTableOf<Track> = "tracks";
template <>
inline constexpr std::string_view kTableOf<Play> = "play_history";
template <>
inline constexpr std::string_view kTableOf<Snapshot> = "analysis_snapshots";
template <>
inline constexpr std::string_view kTableOf<PlaylistConfig> = "playlist_config";

/// The name of the record's key column.
template <typename Record>
inline constexpr std::string_view kKeyColumn = std::get<0>(Members<Record>::kAll).name;

}  // namespace playmirror::query
