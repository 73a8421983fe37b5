#include "core/ingest/copy_splitter.hpp"

#include "core/ingest/field_cap.hpp"

#include <playmirror/error.hpp>

#include <utility>

namespace playmirror::ingest {
namespace {

constexpr std::string_view kSignature("PGCOPY\n\377\r\n\0", 11);

/// Signature, flags and the length of the header extension.
constexpr std::size_t kHeaderBytes = 19;

/// Flags that change the meaning of what follows; the rest may be ignored by a reader.
constexpr std::uint32_t kCriticalFlags = 0xFFFF0000U;

void append_big_endian(std::string& bytes, std::uint32_t value, int size) {
  for (int shift = (size - 1) * 8; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((value >> shift) & 0xff);
  }
}

}  // namespace

CopySplitter::CopySplitter(std::string table, std::vector<schema::ColumnLayout> columns,
                           std::int64_t field_cap)
    : table_(std::move(table)), columns_(std::move(columns)), field_cap_(field_cap) {}

void CopySplitter::refuse(const char* why) const {
  raise(ErrorCode::server_protocol, "the server's copy of " + table_ + " " + why,
        {.hint = "Try again; if it happens again, the server or something on the way is at fault.",
         .retryable = true,
         .outcome = Outcome::rolled_back});
}

void CopySplitter::refuse_size(std::string_view row, std::size_t field, std::int64_t size) const {
  RowName name{.table = table_};
  if (field > 0) {
    const auto length = read_big_endian<std::int32_t>(row.data() + 2);
    name.key = &columns_.front();
    name.key_bytes = row.substr(6, length > 0 ? static_cast<std::size_t>(length) : 0);
  }
  refuse_large_field(name, columns_[field].name, size, field_cap_);
}

std::size_t CopySplitter::row_length(std::string_view bytes) {
  if (bytes.size() < 2) return 0;
  const auto count = read_big_endian<std::int16_t>(bytes.data());
  if (count == -1) {
    ended_ = true;
    if (bytes.size() > 2) refuse("goes on after its end");
    return 2;
  }
  if (static_cast<std::size_t>(count) != columns_.size() || count < 0) {
    refuse("has a row with a wrong number of fields");
  }
  std::size_t position = 2;
  for (std::size_t field = 0; field < columns_.size(); ++field) {
    if (bytes.size() - position < 4) return 0;
    const auto length = read_big_endian<std::int32_t>(bytes.data() + position);
    if (length < -1) refuse("has a field of negative length");
    if (length > field_cap_) refuse_size(bytes, field, length);
    position += 4;
    if (length > 0) {
      if (bytes.size() - position < static_cast<std::size_t>(length)) return 0;
      position += static_cast<std::size_t>(length);
    }
  }
  return position;
}

void CopySplitter::feed(std::string_view bytes, RowBatch& batch) {
  // The usual message is exactly one row; only a cut row is copied together first.
  std::string joined;
  if (!carry_.empty()) {
    joined = std::move(carry_);
    carry_.clear();
    joined += bytes;
    bytes = joined;
  }
  if (!header_read_) {
    if (bytes.size() < kHeaderBytes) {
      carry_ = bytes;
      return;
    }
    if (bytes.substr(0, kSignature.size()) != kSignature) refuse("has no valid signature");
    const auto flags = read_big_endian<std::uint32_t>(bytes.data() + kSignature.size());
    if ((flags & kCriticalFlags) != 0) refuse("uses an unknown variant of the format");
    if (read_big_endian<std::uint32_t>(bytes.data() + kSignature.size() + 4) != 0) {
      refuse("has an unknown header extension");
    }
    header_read_ = true;
    bytes.remove_prefix(kHeaderBytes);
  }
  while (!bytes.empty()) {
    if (ended_) refuse("goes on after its end");
    const std::size_t length = row_length(bytes);
    if (length == 0) {
      carry_ = bytes;
      return;
    }
    if (!ended_) {
      batch.last_row = batch.bytes.size();
      batch.bytes.append(bytes.data(), length);
      ++batch.rows;
    }
    bytes.remove_prefix(length);
  }
}

void CopySplitter::finish() const {
  if (!ended_ || !carry_.empty()) refuse("ended in the middle");
}

RowBuilder::RowBuilder(RowBatch& batch, std::size_t fields) : batch_(batch) {
  batch_.last_row = batch_.bytes.size();
  append_big_endian(batch_.bytes, static_cast<std::uint32_t>(fields), 2);
  ++batch_.rows;
}

void RowBuilder::null() { append_big_endian(batch_.bytes, 0xFFFFFFFFU, 4); }

void RowBuilder::field(std::string_view bytes) {
  append_big_endian(batch_.bytes, static_cast<std::uint32_t>(bytes.size()), 4);
  batch_.bytes += bytes;
}

}  // namespace playmirror::ingest
