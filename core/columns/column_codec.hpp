#pragma once

#include "core/columns/play_arrays.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

/// One column of one block of plays as bytes, and back. docs/columns.md describes the bytes. Every
/// column begins with a checksum over the rest; bytes that do not match it, or that no encoder
/// wrote, are refused as `damaged`.
namespace playmirror::columns {

/// The number of a column within a block, which is also its bit in Column.
enum class ColumnNumber : std::uint8_t {
  played_at = 0,
  id = 1,
  track = 2,
  listened_ms = 3,
  skipped = 4,
  source = 5,
  context = 6,
};
inline constexpr int kColumnCount = 7;

/// listened_ms of a block.
struct ListenedColumn {
  std::vector<std::int32_t> values = {};
  std::vector<Batch::Wide> wide = {};
};

[[nodiscard]] std::string encode_times(const std::vector<std::int64_t>& times);
[[nodiscard]] std::string encode_ids(const std::vector<std::int64_t>& ids);
[[nodiscard]] std::string encode_codes(const std::vector<std::uint32_t>& codes);
[[nodiscard]] std::string encode_listened(const std::vector<std::int32_t>& values,
                                          const std::vector<Batch::Wide>& wide);
[[nodiscard]] std::string encode_skipped(const std::vector<std::int8_t>& values);

[[nodiscard]] std::vector<std::int64_t> decode_times(std::string_view bytes, std::size_t size);
[[nodiscard]] std::vector<std::int64_t> decode_ids(std::string_view bytes, std::size_t size);

/// Ids in the bytes in which they are packed: a small part of the memory that they would take, and
/// enough to look single ones up.
class PackedIds {
 public:
  PackedIds(std::string bytes, std::size_t size);

  /// The id of a row below `size`. Unpacks one group.
  [[nodiscard]] std::int64_t operator[](std::size_t row) const;

  [[nodiscard]] std::size_t memory() const noexcept {
    return bytes_.size() + starts_.size() * sizeof(Start);
  }

 private:
  struct Start {
    std::uint64_t id;  ///< of the row before the group
    std::size_t at;    ///< where it begins
  };

  std::string bytes_;
  std::size_t size_;
  std::vector<Start> starts_ = {};  ///< of each group
};

/// Throws unless every code is below `limit`.
[[nodiscard]] std::vector<std::uint32_t> decode_codes(std::string_view bytes, std::size_t size,
                                                      std::uint64_t limit);
[[nodiscard]] ListenedColumn decode_listened(std::string_view bytes, std::size_t size);
[[nodiscard]] std::vector<std::int8_t> decode_skipped(std::string_view bytes, std::size_t size);

/// An array by code, whose length is kept with it.
[[nodiscard]] std::string encode_totals(const std::vector<std::uint32_t>& totals);
[[nodiscard]] std::vector<std::uint32_t> decode_totals(std::string_view bytes);

/// A column's bytes: a checksum, what it is over, and room for the decoder to read ahead.
[[nodiscard]] std::string sealed(std::string payload);

/// Throws `damaged` and names what is.
[[noreturn]] void refuse_damaged(const std::string& what);

}  // namespace playmirror::columns
