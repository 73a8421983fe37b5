#pragma once

#include "core/schema/layout.hpp"
#include "core/sqlite/row_source.hpp"

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::ingest {

/// One server value as the mirror stores it. Text refers to the row's bytes.
struct StoredValue {
  sqlite::Field value = {};
  std::string_view odd = {};  ///< "NaN" or "-0" where SQLite cannot hold the value itself
};

/// Walks over the rows of a RowBatch and decodes their fields.
class RowReader {
 public:
  RowReader(std::string_view rows, std::span<const schema::ColumnLayout> columns);

  /// Moves to the next row; false at the end.
  bool next();

  [[nodiscard]] const StoredValue& operator[](std::size_t field) const { return values_[field]; }
  [[nodiscard]] bool is_null(std::size_t field) const noexcept {
    return std::holds_alternative<std::monostate>(values_[field].value);
  }
  [[nodiscard]] std::size_t size() const noexcept { return columns_.size(); }

  /// The instant of a timestamp field as PostgreSQL keeps it; nothing for NULL.
  [[nodiscard]] std::optional<std::int64_t> postgres_micros(std::size_t field) const noexcept {
    return is_null(field) ? std::nullopt : std::optional(micros_[field]);
  }

  /// Whether this row holds a timestamp whose text does not sort like the instant.
  [[nodiscard]] bool has_odd_time() const noexcept { return odd_time_; }

  /// Whether this row holds a value that goes to playmirror_odd_values.
  [[nodiscard]] bool has_odd_value() const noexcept { return odd_value_; }

  /// The field as the text used for keys: text as it is, integers in decimal.
  [[nodiscard]] std::string key_text(std::size_t field) const;

 private:
  void decode(std::size_t field, std::string_view bytes);

  std::string_view rest_;
  std::span<const schema::ColumnLayout> columns_;
  std::vector<StoredValue> values_;
  std::vector<std::int64_t> micros_;  ///< of each timestamp field
  std::vector<char> times_;           ///< room for the text of each
  bool odd_time_ = false;
  bool odd_value_ = false;
};

}  // namespace playmirror::ingest
