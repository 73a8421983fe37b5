#include "core/outbox/mend.hpp"

#include "core/outbox/mirrored_rows.hpp"
#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/timestamp.hpp>

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

namespace playmirror::outbox {
namespace {

struct Damaged {
  std::int64_t entry = 0;
  std::string table = {};
  std::string identity = {};
  std::int64_t row_id = 0;
  std::string recorded_at = {};
};

Damaged read(const sqlite::Database& database, std::int64_t entry) {
  auto row = database.prepare(
      "SELECT table_name, identity, row_id, recorded_at FROM playmirror_outbox WHERE entry = ?");
  row.bind(0, entry);
  if (!row.step()) return {};
  return {entry, std::string(row.text(0)), std::string(row.text(1)), row.integer(2),
          std::string(row.text(3))};
}

/// The table, if rows of it can be recorded.
const schema::TableLayout* recorded_table(std::string_view name) {
  const auto& layouts = schema::record_layouts();
  const auto found = std::ranges::find(layouts, name, &schema::TableLayout::name);
  if (found == layouts.end() || found->key.front() != "id" || name == "playlist_config") {
    return nullptr;
  }
  return &*found;
}

bool has_other_entry(const sqlite::Database& database, const Damaged& entry,
                     std::string_view column, auto value) {
  auto other = database.prepare("SELECT 1 FROM playmirror_outbox WHERE table_name = ? AND " +
                                std::string(column) + " = ? AND entry <> ?");
  return other.bind_all(entry.table, value, entry.entry).step();
}

/// The provisional id of the row: the entry's own; else that of a row which has this identity and
/// no entry.
std::optional<std::pair<std::int64_t, RowImage>> find_row(const sqlite::Database& database,
                                                          const schema::TableLayout& layout,
                                                          const Damaged& entry) {
  MirroredRows rows(database, layout);
  const auto is_free = [&](std::int64_t id) {
    return provisional_number(id) != 0 && !has_other_entry(database, entry, "row_id", id);
  };
  if (is_free(entry.row_id)) {
    if (auto image = rows.image(entry.row_id)) return std::pair(entry.row_id, *std::move(image));
  }
  auto ids = database.prepare("SELECT id FROM " + sqlite::quoted(layout.name) + " WHERE id < 0");
  while (ids.step()) {
    const std::int64_t id = ids.integer(0);
    if (!is_free(id)) continue;
    auto image = rows.image(id);
    if (image && identity_of(layout.name, *image) == entry.identity) {
      return std::pair(id, *std::move(image));
    }
  }
  return std::nullopt;
}

bool mend(sqlite::Database& database, Damaged entry) {
  const schema::TableLayout* layout = recorded_table(entry.table);
  if (layout == nullptr) return false;
  std::optional<RowImage> image;
  if (layout->has_integer_key()) {
    auto row = find_row(database, *layout, entry);
    if (!row) return false;
    entry.row_id = row->first;
    image = std::move(row->second);
  } else {
    entry.row_id = 0;
    image = MirroredRows(database, *layout).image(std::string_view(entry.identity));
    if (!image) return false;
  }
  entry.identity = identity_of(entry.table, *image);
  if (has_other_entry(database, entry, "identity", std::string_view(entry.identity))) return false;
  // Nothing is decided by it, but it is shown.
  if (!parse_postgres(entry.recorded_at)) {
    entry.recorded_at = Timestamp::now().to_postgres_string();
  }
  const std::string bytes = encode(*image);
  // An earlier repair may have set it aside, for no other reason than that it was damaged.
  auto update = database.prepare(
      "UPDATE playmirror_outbox SET identity = ?, row_id = ?, recorded_at = ?, image = ?, "
      "checksum = ?, message = iif(state = 'rejected' AND sqlstate = '', '', message), "
      "state = iif(state = 'rejected' AND sqlstate = '', 'queued', state) WHERE entry = ?");
  update.bind_view(0, entry.identity).bind(1, entry.row_id).bind_view(2, entry.recorded_at);
  update.bind_blob_view(3, bytes)
      .bind(4, checksum(entry.table, entry.identity, entry.row_id, entry.recorded_at, bytes))
      .bind(5, entry.entry)
      .run();
  return true;
}

}  // namespace

std::vector<std::int64_t> mend(sqlite::Database& database) {
  std::vector<std::int64_t> mended;
  for (const std::int64_t entry : verify(database).damaged) {
    if (mend(database, read(database, entry))) mended.push_back(entry);
  }
  return mended;
}

}  // namespace playmirror::outbox
