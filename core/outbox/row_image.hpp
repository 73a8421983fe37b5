#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::outbox {

/// A recorded row as it will be sent: every column that was given, as PostgreSQL text.
struct RowImage {
  using Field = std::pair<std::string, std::optional<std::string>>;

  std::vector<Field> fields = {};
  std::vector<std::string> artist_ids =
      {};  ///< of a track: the rows of track_artists that come along

  [[nodiscard]] const std::optional<std::string>* find(std::string_view column) const noexcept;

  friend bool operator==(const RowImage&, const RowImage&) = default;
};

/// A real as an image has it: as many digits as tell it apart.
[[nodiscard]] std::string decimal(double value);

/// The bytes kept in playmirror_outbox.image: a version byte, then a cereal portable binary
/// archive.
[[nodiscard]] std::string encode(const RowImage& image);

/// Throws `damaged` for bytes that encode() did not write.
[[nodiscard]] RowImage decode(std::string_view bytes);

/// A 64-bit CRC over what an outbox entry says: finds every damage to up to 64 adjacent bits, and
/// all but one in 2^64 of the others.
[[nodiscard]] std::int64_t checksum(std::string_view table, std::string_view identity,
                                    std::int64_t row_id, std::string_view recorded_at,
                                    std::string_view image);

}  // namespace playmirror::outbox
