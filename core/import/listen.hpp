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

/// One row of a listening history, whatever its format.
struct Listen {
  Timestamp at = {};
  bool to_the_minute = false;                  ///< seconds were cut off
  std::optional<std::string> spotify_id = {};  ///< of the track
  std::string title = {};
  std::vector<std::string> artists = {};  ///< as credited, the main one first
  std::optional<std::string> album = {};
  std::optional<std::int64_t> listened_ms = {};
  std::optional<bool> skipped = {};
  std::optional<std::int64_t> duration_ms = {};  ///< of the track
  bool private_session = false;
};

using ListenOrReason = std::variant<Listen, Reason>;

}  // namespace playmirror::import
