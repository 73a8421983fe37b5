/// \file
/// The memory of a column, laid out as Arrow wants it.
#pragma once

#include <playmirror/table.hpp>

#include <cstddef>
#include <cstdint>
#include <memory>
#include <utility>
#include <vector>

namespace playmirror {

/// Immutable memory and a share in whatever owns it: a vector, a mapped file.
using Buffer = std::shared_ptr<const void>;

/// The elements of the vector; never null, because consumers dislike that even for no elements.
template <typename T>
[[nodiscard]] Buffer buffer_of(std::vector<T> elements) {
  elements.reserve(1);
  auto owner = std::make_shared<const std::vector<T>>(std::move(elements));
  const T* data = owner->data();
  return {std::move(owner), data};
}

struct Column::Data {
  Field field = {};
  std::size_t size = 0;
  std::size_t arrow_nulls = 0;  ///< NULL, or beyond what Arrow holds
  Buffer validity = {};  ///< one bit for each row, the least first, 0 for a null; or no buffer
  /// Of each row: a bit (boolean), int64 (int64, timestamp since 1970), double, int32 (date since
  /// 1970, code of a dictionary); of utf8, json and binary all bytes in one.
  Buffer values = {};
  Buffer offsets = {};                     ///< utf8, json, binary, list: size + 1 times int64
  std::shared_ptr<const Data> child = {};  ///< list: the items; dictionary: the texts
  /// The timestamps that Arrow cannot hold, by row, ascending.
  std::vector<std::pair<std::size_t, Timestamp>> beyond = {};
};

[[nodiscard]] inline bool bit_at(const Buffer& bits, std::size_t row) noexcept {
  return (static_cast<const std::uint8_t*>(bits.get())[row / 8] >> (row % 8) & 1) != 0;
}

/// Bits that are appended one after another.
class BitVector {
 public:
  void push_back(bool bit) {
    if (size_ % 8 == 0) bytes_.push_back(0);
    bytes_.back() = static_cast<std::uint8_t>(bytes_.back() | int{bit} << (size_ % 8));
    ++size_;
  }

  /// Appends that many ones.
  void append_ones(std::size_t count) {
    while (count != 0 && size_ % 8 != 0) push_back(true), --count;
    bytes_.resize(bytes_.size() + count / 8, 0xFF);
    size_ += count - count % 8;
    for (count %= 8; count != 0; --count) push_back(true);
  }

  [[nodiscard]] std::vector<std::uint8_t> take() && { return std::move(bytes_); }

 private:
  std::vector<std::uint8_t> bytes_;
  std::size_t size_ = 0;
};

/// Which rows have a value. Keeps nothing until the first has none.
class Validity {
 public:
  void add(bool valid) {
    if (valid && nulls_ == 0) {
      ++size_;
      return;
    }
    if (nulls_ == 0) bits_.append_ones(size_);
    bits_.push_back(valid);
    nulls_ += valid ? 0 : 1;
    ++size_;
  }

  [[nodiscard]] std::size_t size() const noexcept { return size_; }
  [[nodiscard]] std::size_t nulls() const noexcept { return nulls_; }

  /// One bit for each row, or nothing when all have a value.
  [[nodiscard]] Buffer take() && {
    return nulls_ == 0 ? Buffer() : buffer_of(std::move(bits_).take());
  }

 private:
  BitVector bits_;
  std::size_t size_ = 0;
  std::size_t nulls_ = 0;
};

}  // namespace playmirror
