#include "core/outbox/restore.hpp"

#include "core/ingest/odd_values.hpp"
#include "core/schema/layout.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/value.hpp>

#include <charconv>
#include <optional>
#include <string>
#include <utility>
#include <vector>

namespace playmirror::outbox {
namespace {

/// The value that the mirrored column holds, from PostgreSQL's text of it. SQLite itself makes an
/// integer of the text of one.
Value stored(const std::optional<std::string>& text, schema::ValueKind kind) {
  if (!text) return std::monostate{};
  if (kind == schema::ValueKind::boolean) return std::int64_t{*text == "t"};
  const bool real = kind == schema::ValueKind::real32 || kind == schema::ValueKind::real64;
  if (!real) return *text;
  double number = 0;
  std::from_chars(text->data(), text->data() + text->size(), number);
  return number;
}

}  // namespace

void restore_row(sqlite::Database& database, std::string_view table, std::string_view identity,
                 std::int64_t row_id, const RowImage& image) {
  const schema::TableLayout& layout = schema::record_layout(table);
  std::string columns;
  std::string marks;
  std::vector<Value> values;
  const auto give = [&](std::string_view column, Value value) {
    columns += (columns.empty() ? "" : ", ") + sqlite::quoted(column);
    marks += marks.empty() ? "?" : ", ?";
    values.push_back(std::move(value));
  };
  if (row_id != 0) give(layout.key.front(), row_id);
  for (const auto& [column, text] : image.fields) {
    const auto position = layout.find(column);
    if (!position || (row_id != 0 && column == layout.key.front())) continue;
    const schema::ValueKind kind = layout.columns[*position].kind;
    give(column, stored(text, kind));
    const auto time = kind == schema::ValueKind::timestamp && text ? parse_postgres(*text)
                                                                   : std::optional<std::int64_t>();
    if (time && !ingest::sorts_as_text(*time)) ingest::mark_odd_times(database, table);
  }
  auto insert = database.prepare("INSERT OR IGNORE INTO " + sqlite::quoted(table) + " (" + columns +
                                 ") VALUES (" + marks + ")");
  int index = 0;
  for (const Value& value : values) insert.bind(index++, value);
  insert.run();
  for (const std::string& artist : image.artist_ids) {
    database.prepare("INSERT OR IGNORE INTO track_artists (track_id, artist_id) VALUES (?, ?)")
        .bind_all(identity, artist)
        .run();
  }
}

void restore_rows(sqlite::Database& database) {
  struct Pending {
    std::string table;
    std::string identity;
    std::int64_t row_id;
    RowImage image;
  };
  std::vector<Pending> whole;
  {
    auto rows = database.prepare(
        "SELECT table_name, identity, row_id, recorded_at, image, checksum FROM "
        "playmirror_outbox ORDER BY entry");
    while (rows.step()) {
      if (checksum(rows.text(0), rows.text(1), rows.integer(2), rows.text(3), rows.blob(4)) !=
          rows.integer(5)) {
        continue;
      }
      whole.push_back({std::string(rows.text(0)), std::string(rows.text(1)), rows.integer(2),
                       decode(rows.blob(4))});
    }
  }
  for (const Pending& row : whole) {
    auto remove = database.prepare("DELETE FROM " + sqlite::quoted(row.table) + " WHERE id = ?");
    if (row.row_id != 0) remove.bind(0, row.row_id);
    if (row.row_id == 0) remove.bind(0, row.identity);
    remove.run();
    restore_row(database, row.table, row.identity, row.row_id, row.image);
  }
}

}  // namespace playmirror::outbox
