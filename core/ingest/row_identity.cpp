#include "core/ingest/row_identity.hpp"

#include "core/outbox/handles.hpp"
#include "core/outbox/outbox.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <optional>
#include <string_view>
#include <variant>

namespace playmirror::ingest {

std::string identity_of(const RowReader& row, const schema::TableLayout& table,
                        const std::vector<schema::ColumnLayout>& columns) {
  const auto field = [&](std::string_view column) {
    const auto found = std::ranges::find(columns, column, &schema::ColumnLayout::name);
    if (found == columns.end()) {
      raise(ErrorCode::internal, "rows of " + table.name + " came without " + std::string(column));
    }
    return static_cast<std::size_t>(found - columns.begin());
  };
  if (table.name == "play_history") {
    return outbox::play_identity(row.key_text(field("track_id")), row.key_text(field("played_at")));
  }
  if (table.name == "analysis_snapshots") {
    const std::size_t label = field("period_label");
    return outbox::snapshot_identity(
        row.key_text(field("date")),
        row.is_null(label) ? std::nullopt : std::optional(row.key_text(label)));
  }
  return row.key_text(field(table.key.front()));
}

std::map<std::int64_t, std::string> identities_of_delivered(const sqlite::Database& database,
                                                            const schema::TableLayout& table,
                                                            RowSpool& rows) {
  const outbox::DeliveredRows sent(database, table.name);
  const std::size_t key = table.find(table.key.front()).value();
  std::map<std::int64_t, std::string> identities;
  rows.for_each([&](std::string_view bytes) {
    RowReader row(bytes, table.columns);
    while (row.next()) {
      const auto* id = std::get_if<std::int64_t>(&row[key].value);
      if (id == nullptr) continue;
      if (sent.contains(*id)) identities[*id] = identity_of(row, table, table.columns);
    }
  });
  return identities;
}

}  // namespace playmirror::ingest
