#pragma once

#include <cstddef>
#include <functional>
#include <utility>
#include <vector>

namespace playmirror {

/// A list of records that are made when they are looked at, each time anew: for an answer of which
/// there may be very many, and of which a program may want the number alone. Immutable; copies
/// share their memory; safe to read from several threads at once.
template <typename Record>
class LazyRecords {
 public:
  /// Makes the record of that index, in any thread.
  using Make = std::function<Record(std::size_t index)>;

  LazyRecords() = default;
  LazyRecords(std::size_t size, Make make) : size_(size), make_(std::move(make)) {}

  [[nodiscard]] std::size_t size() const noexcept { return size_; }

  /// `index` is below size().
  [[nodiscard]] Record operator[](std::size_t index) const { return make_(index); }

  [[nodiscard]] std::vector<Record> to_vector() const {
    std::vector<Record> records;
    records.reserve(size_);
    for (std::size_t i = 0; i < size_; ++i) records.push_back(make_(i));
    return records;
  }

 private:
  std::size_t size_ = 0;
  Make make_ = {};
};

}  // namespace playmirror
