#pragma once

#include "core/outbox/row_image.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/timestamp.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace playmirror::outbox {

/// A row about to be recorded: checks each value as it comes, and writes the same values to the
/// mirrored table and to the image that will be sent.
class NewRow {
 public:
  NewRow(sqlite::Database& database, std::string_view table) : database_(database), table_(table) {}

  NewRow& text(std::string_view column, const std::optional<std::string>& value);
  NewRow& json(std::string_view column, const std::optional<std::string>& value);
  NewRow& integer(std::string_view column, const std::optional<std::int64_t>& value);
  NewRow& real(std::string_view column, const std::optional<double>& value);
  NewRow& boolean(std::string_view column, const std::optional<bool>& value);
  NewRow& time(std::string_view column, const std::optional<Timestamp>& value);

  /// Inserts into the mirrored table, with the provisional id unless it is 0.
  void insert(std::int64_t provisional_id = 0);

  [[nodiscard]] RowImage& image() noexcept { return image_; }

 private:
  void add(std::string_view column, std::optional<std::string> text, Value value);

  sqlite::Database& database_;
  std::string table_;
  RowImage image_;
  std::vector<Value> values_;
};

/// Throws InvalidArgument unless the server would take the text: UTF-8, no NUL, at most 64 MB.
void check_text(std::string_view what, std::string_view text);

}  // namespace playmirror::outbox
