#include "core/outbox/requeue.hpp"

#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"

#include <vector>

namespace playmirror::outbox {
namespace {

struct Delivered {
  std::string table;
  std::int64_t provisional_id;
  std::int64_t server_id;
};

std::vector<Delivered> read_delivered(const sqlite::Database& database) {
  auto rows =
      database.prepare("SELECT table_name, provisional_id, server_id FROM playmirror_delivered");
  std::vector<Delivered> delivered;
  while (rows.step()) {
    delivered.push_back({std::string(rows.text(0)), rows.integer(1), rows.integer(2)});
  }
  return delivered;
}

/// The image of a mirrored row, from the columns that a recorded row can have.
RowImage image_of(const sqlite::Statement& row, const schema::TableLayout& layout) {
  RowImage image;
  for (std::size_t i = 0; i < layout.columns.size(); ++i) {
    const schema::ColumnLayout& column = layout.columns[i];
    if (column.name == "id") continue;
    const int field = static_cast<int>(i);
    std::optional<std::string> text;
    if (!row.is_null(field)) {
      text = column.kind == schema::ValueKind::boolean ? (row.integer(field) != 0 ? "t" : "f")
                                                       : std::string(row.text(field));
    }
    image.fields.emplace_back(column.name, std::move(text));
  }
  return image;
}

}  // namespace

void requeue_delivered(sqlite::Database& database) {
  for (const Delivered& delivered : read_delivered(database)) {
    const schema::TableLayout& layout = schema::record_layout(delivered.table);
    std::string columns;
    for (const schema::ColumnLayout& column : layout.columns) {
      columns += (columns.empty() ? "" : ", ") + sqlite::quoted(column.name);
    }
    const std::string table = sqlite::quoted(layout.name);
    auto row = database.prepare("SELECT " + columns + " FROM " + table + " WHERE id = ?");
    row.bind(0, delivered.server_id);
    if (!row.step()) continue;
    RowImage image = image_of(row, layout);
    row.reset();
    const std::string identity = identity_of(layout.name, image);
    auto known =
        database.prepare("SELECT 1 FROM playmirror_outbox WHERE table_name = ? AND identity = ?");
    if (known.bind_all(layout.name, identity), known.step()) continue;
    const std::int64_t id = next_provisional_id(database);
    database.prepare("UPDATE " + table + " SET id = ? WHERE id = ?")
        .bind_all(id, delivered.server_id)
        .run();
    add(database, layout.name, identity, id, image);
    // The old handle follows the row to its new provisional id, and from there to the server's.
    database
        .prepare(
            "UPDATE playmirror_delivered SET server_id = ? "
            "WHERE table_name = ? AND provisional_id = ?")
        .bind_all(id, delivered.table, delivered.provisional_id)
        .run();
  }
}

}  // namespace playmirror::outbox
