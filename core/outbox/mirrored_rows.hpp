#pragma once

#include "core/outbox/row_image.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

#include <cstdint>
#include <optional>
#include <string_view>

namespace playmirror::outbox {

/// Rows of a mirrored table as the images that they would be sent as: of all columns that a
/// recorded row can have. An id that the server gives is no part of one.
class MirroredRows {
 public:
  MirroredRows(const sqlite::Database& database, const schema::TableLayout& layout);

  /// Nothing without such a row.
  [[nodiscard]] std::optional<RowImage> image(std::int64_t id);

  /// Likewise; a track's artists, as far as the mirror has them, come along.
  [[nodiscard]] std::optional<RowImage> image(std::string_view key);

 private:
  [[nodiscard]] RowImage read() const;
  void add_odd_values(std::string_view key, RowImage& image) const;

  const sqlite::Database& database_;
  const schema::TableLayout& layout_;
  sqlite::Statement row_;
};

}  // namespace playmirror::outbox
