#include "core/outbox/mirrored_rows.hpp"

#include <cstddef>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::outbox {
namespace {

std::string select_sql(const schema::TableLayout& layout) {
  std::string columns;
  for (const schema::ColumnLayout& column : layout.columns) {
    columns += (columns.empty() ? "" : ", ") + sqlite::quoted(column.name);
  }
  return "SELECT " + columns + " FROM " + sqlite::quoted(layout.name) + " WHERE id = ?";
}

std::string image_text(const sqlite::Statement& row, int field, schema::ValueKind kind) {
  switch (kind) {
    case schema::ValueKind::boolean:
      return row.integer(field) != 0 ? "t" : "f";
    case schema::ValueKind::real32:
    case schema::ValueKind::real64:
      return decimal(row.real(field));
    default:
      return std::string(row.text(field));
  }
}

std::vector<std::string> artists_of(const sqlite::Database& database, std::string_view track) {
  auto rows = database.prepare(
      "SELECT l.artist_id FROM track_artists l JOIN artists a ON a.id = l.artist_id "
      "WHERE l.track_id = ? ORDER BY 1");
  rows.bind(0, track);
  std::vector<std::string> artists;
  while (rows.step()) artists.emplace_back(rows.text(0));
  return artists;
}

}  // namespace

MirroredRows::MirroredRows(const sqlite::Database& database, const schema::TableLayout& layout)
    : database_(database), layout_(layout), row_(database.prepare(select_sql(layout))) {}

std::optional<RowImage> MirroredRows::image(std::int64_t id) {
  row_.bind(0, id);
  std::optional<RowImage> image;
  if (row_.step()) image = read();
  row_.reset();
  return image;
}

std::optional<RowImage> MirroredRows::image(std::string_view key) {
  row_.bind(0, key);
  std::optional<RowImage> image;
  if (row_.step()) image = read();
  row_.reset();
  if (!image) return image;
  add_odd_values(key, *image);
  if (layout_.name == "tracks") image->artist_ids = artists_of(database_, key);
  return image;
}

RowImage MirroredRows::read() const {
  RowImage image;
  for (std::size_t i = 0; i < layout_.columns.size(); ++i) {
    const schema::ColumnLayout& column = layout_.columns[i];
    if (column.name == "id" && layout_.has_integer_key()) continue;
    const int field = static_cast<int>(i);
    std::optional<std::string> text;
    if (!row_.is_null(field)) text = image_text(row_, field, column.kind);
    image.fields.emplace_back(column.name, std::move(text));
  }
  return image;
}

/// What a column of SQLite cannot hold.
void MirroredRows::add_odd_values(std::string_view key, RowImage& image) const {
  auto odd = database_.prepare(
      "SELECT column_name, value FROM playmirror_odd_values WHERE table_name = ? AND row_key = ?");
  odd.bind_all(layout_.name, key);
  while (odd.step()) {
    for (auto& [column, value] : image.fields) {
      if (column == odd.text(0)) value = odd.text(1);
    }
  }
}

}  // namespace playmirror::outbox
