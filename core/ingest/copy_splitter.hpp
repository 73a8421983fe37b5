#pragma once

#include "core/schema/layout.hpp"

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::ingest {

/// Rows in the form in which PostgreSQL's binary COPY sends them: for each row a 16-bit count of
/// fields, then for each field a 32-bit length (-1 for NULL) and its bytes, all big-endian.
struct RowBatch {
  std::string bytes = {};
  std::int64_t rows = 0;
  std::size_t last_row = 0;  ///< where the last row begins

  /// Forgets the rows and keeps the memory.
  void clear() noexcept {
    bytes.clear();
    rows = 0;
    last_row = 0;
  }
};

/// Cuts the stream of a `COPY ... TO STDOUT (FORMAT binary)` into whole rows, wherever the messages
/// were cut. Believes nothing: signature, flags, field counts and lengths are checked, and a field
/// above the cap ends the copy before it is buffered.
class CopySplitter {
 public:
  /// `columns` are the fields of a row; in errors, the first one names it.
  CopySplitter(std::string table, std::vector<schema::ColumnLayout> columns,
               std::int64_t field_cap);

  /// Appends the rows that `bytes` completes to the batch. Throws `server_protocol` or
  /// `value_too_large`.
  void feed(std::string_view bytes, RowBatch& batch);

  /// Throws `server_protocol` unless the stream ended where it may end.
  void finish() const;

 private:
  /// The length of the row at the start, or 0 when more bytes are needed; notes the trailer.
  [[nodiscard]] std::size_t row_length(std::string_view bytes);
  [[noreturn]] void refuse(const char* why) const;
  [[noreturn]] void refuse_size(std::string_view row, std::size_t field, std::int64_t size) const;

  std::string table_;
  std::vector<schema::ColumnLayout> columns_;
  std::int64_t field_cap_;
  std::string carry_ = {};  ///< the beginning of a row whose end has not come yet
  bool header_read_ = false;
  bool ended_ = false;
};

/// Reads a big-endian integer at the start of `bytes`, which must be long enough.
template <typename Integer>
[[nodiscard]] Integer read_big_endian(const char* bytes) noexcept {
  std::uint64_t value = 0;
  for (std::size_t i = 0; i < sizeof(Integer); ++i) {
    value = (value << 8) | static_cast<unsigned char>(bytes[i]);
  }
  return static_cast<Integer>(value);
}

/// Appends one row field by field, for rows that did not come by COPY.
class RowBuilder {
 public:
  RowBuilder(RowBatch& batch, std::size_t fields);
  void null();
  void field(std::string_view bytes);

 private:
  RowBatch& batch_;
};

}  // namespace playmirror::ingest
