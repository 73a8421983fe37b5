#pragma once

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace playmirror::import {

/// Why a row is not recorded. The names are those of ImportReport::left_out.
enum class Reason { not_music, no_name, no_time, bad_value, private_session, no_spotify_id };
[[nodiscard]] std::string_view name_of(Reason reason) noexcept;

/// What an export tells of a song.
struct Song {
  std::optional<std::string> spotify_id = {};
  std::string title = {};
  std::vector<std::string> artists = {};  ///< as credited, the main one first
  std::optional<std::string> album = {};
  std::optional<std::int64_t> duration_ms = {};
};

/// One row of a listening history, whatever its format.
struct Told {
  Timestamp at = {};
  bool to_the_minute = false;  ///< seconds were cut off
  Song song = {};
  std::optional<std::int64_t> listened_ms = {};
  std::optional<bool> skipped = {};
  bool private_session = false;
};

using ToldOrReason = std::variant<Told, Reason>;

}  // namespace playmirror::import
