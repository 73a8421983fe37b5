#include "core/table/column_data.hpp"

#include <playmirror/error.hpp>
#include <playmirror/table.hpp>

#include <algorithm>
#include <bit>
#include <utility>

namespace playmirror {
namespace {

/// How many of `count` bits from `first` on are 0.
std::size_t count_zeros(const Buffer& bits, std::size_t first, std::size_t count) {
  if (!bits) return 0;
  std::size_t ones = 0;
  std::size_t row = first;
  const std::size_t end = first + count;
  for (; row < end && row % 8 != 0; ++row) ones += bit_at(bits, row) ? 1 : 0;
  const auto* bytes = static_cast<const std::uint8_t*>(bits.get());
  for (; row + 8 <= end; row += 8) {
    ones += static_cast<std::size_t>(std::popcount(bytes[row / 8]));
  }
  for (; row < end; ++row) ones += bit_at(bits, row) ? 1 : 0;
  return count - ones;
}

bool is_bytes(ColumnType type) {
  return type == ColumnType::utf8 || type == ColumnType::json || type == ColumnType::binary;
}

std::string_view bytes_at(const Column::Data& data, std::size_t row) {
  const auto* offsets = static_cast<const std::int64_t*>(data.offsets.get());
  return {static_cast<const char*>(data.values.get()) + offsets[row],
          static_cast<std::size_t>(offsets[row + 1] - offsets[row])};
}

template <typename T>
T value_at(const Column::Data& data, std::size_t row) {
  return static_cast<const T*>(data.values.get())[row];
}

std::vector<std::string> list_at(const Column::Data& data, std::size_t row) {
  const auto* offsets = static_cast<const std::int64_t*>(data.offsets.get());
  std::vector<std::string> items;
  for (auto item = offsets[row]; item < offsets[row + 1]; ++item) {
    items.emplace_back(bytes_at(*data.child, static_cast<std::size_t>(item)));
  }
  return items;
}

/// The place of `row` among those beyond Arrow, or of the next one.
auto find_beyond(const Column::Data& data, std::size_t row) {
  return std::ranges::lower_bound(data.beyond, row, {},
                                  [](const auto& each) { return each.first; });
}

std::size_t count_beyond(const Column::Data& data, std::size_t first, std::size_t count) {
  return static_cast<std::size_t>(find_beyond(data, first + count) - find_beyond(data, first));
}

}  // namespace

Column::Column(std::shared_ptr<const Data> data) noexcept
    : data_(std::move(data)),
      size_(data_->size),
      null_count_(data_->arrow_nulls - data_->beyond.size()),
      beyond_arrow_(data_->beyond.size()) {}

const std::string& Column::name() const noexcept { return data_->field.name; }

ColumnType Column::type() const noexcept { return data_->field.type; }

bool Column::has_value(std::size_t row) const noexcept {
  return !data_->validity || bit_at(data_->validity, row);
}

bool Column::is_null(std::size_t row) const {
  check(row);
  if (type() == ColumnType::null) return true;
  if (has_value(offset_ + row)) return false;
  return count_beyond(*data_, offset_ + row, 1) == 0;
}

Cell Column::value(std::size_t row) const {
  if (is_null(row)) return {};
  const std::size_t at = offset_ + row;
  switch (type()) {
    case ColumnType::boolean:
      return bit_at(data_->values, at);
    case ColumnType::int64:
      return value_at<std::int64_t>(*data_, at);
    case ColumnType::float64:
      return value_at<double>(*data_, at);
    case ColumnType::date:
      return std::chrono::sys_days(std::chrono::days(value_at<std::int32_t>(*data_, at)));
    case ColumnType::timestamp:
      if (!has_value(at)) return find_beyond(*data_, at)->second;
      return Timestamp::from_unix_micros(value_at<std::int64_t>(*data_, at));
    case ColumnType::binary:
      return Blob{std::string(text(row))};
    case ColumnType::list:
      return list_at(*data_, at);
    default:
      return std::string(text(row));
  }
}

std::string_view Column::text(std::size_t row) const {
  check(row);
  const std::size_t at = offset_ + row;
  if (is_bytes(type())) return bytes_at(*data_, at);
  require(ColumnType::dictionary);
  if (!has_value(at)) return {};
  return bytes_at(*data_->child, static_cast<std::size_t>(value_at<std::int32_t>(*data_, at)));
}

std::span<const std::int64_t> Column::integers() const {
  return all<std::int64_t>(ColumnType::int64);
}
std::span<const double> Column::reals() const { return all<double>(ColumnType::float64); }
std::span<const std::int64_t> Column::micros() const {
  return all<std::int64_t>(ColumnType::timestamp);
}
std::span<const std::int32_t> Column::days() const { return all<std::int32_t>(ColumnType::date); }
std::span<const std::int32_t> Column::codes() const {
  return all<std::int32_t>(ColumnType::dictionary);
}

Column Column::dictionary() const {
  require(ColumnType::dictionary);
  return Column(data_->child);
}

Column Column::slice(std::size_t offset, std::size_t length) const {
  if (offset > size_ || length > size_ - offset) {
    raise(ErrorCode::invalid_argument,
          std::to_string(length) + (length == 1 ? " row" : " rows") + " from row " +
              std::to_string(offset) + " on are not all among the " + std::to_string(size_) +
              " of " + name(),
          {.hint = "Rows are counted from 0, and size() says how many there are."});
  }
  Column part = *this;
  part.offset_ += offset;
  part.size_ = length;
  part.beyond_arrow_ = count_beyond(*data_, part.offset_, length);
  part.null_count_ = type() == ColumnType::null
                         ? length
                         : count_zeros(data_->validity, part.offset_, length) - part.beyond_arrow_;
  return part;
}

bool Column::operator==(const Column& other) const {
  if (size_ != other.size_ || null_count_ != other.null_count_ ||
      data_->field != other.data_->field) {
    return false;
  }
  const bool is_text = is_bytes(type()) || type() == ColumnType::dictionary;
  const auto differs = [&](std::size_t row) {
    if (!is_text) return value(row) != other.value(row);
    return is_null(row) != other.is_null(row) || text(row) != other.text(row);
  };
  for (std::size_t row = 0; row < size_; ++row) {
    if (differs(row)) return false;
  }
  return true;
}

void Column::check(std::size_t row) const {
  if (row < size_) return;
  raise(
      ErrorCode::invalid_argument,
      "row " + std::to_string(row) + " is not among the " + std::to_string(size_) + " of " + name(),
      {.hint = "Rows are counted from 0, and size() says how many there are."});
}

void Column::require(ColumnType type) const {
  if (this->type() == type) return;
  raise(ErrorCode::invalid_argument, "column " + name() + " is of another type",
        {.hint = "Look at its type(); value() works for all of them."});
}

template <typename T>
std::span<const T> Column::all(ColumnType type) const {
  require(type);
  return {static_cast<const T*>(data_->values.get()) + offset_, size_};
}

}  // namespace playmirror
