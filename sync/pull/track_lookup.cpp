#include "sync/pull/track_lookup.hpp"

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_reader.hpp"

#include <playmirror/error.hpp>
#include <playmirror/record_members.hpp>

#include <chrono>
#include <cstdint>
#include <limits>
#include <string>
#include <tuple>
#include <variant>

namespace playmirror::sync {
namespace {

constexpr std::chrono::seconds kLockTimeout{2};

void assign(std::string& member, const ingest::StoredValue& field) {
  member = std::get<std::string_view>(field.value);
}

void assign(std::int64_t& member, const ingest::StoredValue& field) {
  member = std::get<std::int64_t>(field.value);
}

void assign(double& member, const ingest::StoredValue& field) {
  const auto* value = std::get_if<double>(&field.value);
  member = value != nullptr ? *value : 0;
  if (field.odd == "NaN") member = std::numeric_limits<double>::quiet_NaN();
  if (field.odd == "-0") member = -0.0;
}

void assign(Timestamp& member, const ingest::StoredValue& field) {
  member = Timestamp::parse_postgres(std::get<std::string_view>(field.value));
}

template <typename T>
void assign(std::optional<T>& member, const ingest::StoredValue& field) {
  const bool is_null = std::holds_alternative<std::monostate>(field.value);
  if (!is_null || !field.odd.empty()) assign(member.emplace(), field);
}

Track record_of(const ingest::RowReader& row, const schema::TableLayout& layout) {
  Track track;
  std::apply(
      [&](const auto&... member) {
        (assign(track.*member.pointer, row[layout.find(member.name).value()]), ...);
      },
      Members<Track>::kAll);
  return track;
}

}  // namespace

std::optional<Track> look_up_track(ServerSession& session, std::string_view id,
                                   pg::Waiter& waiter) {
  const Opening opening = session.begin_reading(waiter, kLockTimeout);
  const ServerTable& table = opening.catalog.tables.at("tracks");
  if (table.problem) {
    raise(table.problem->code, table.problem->message, {.hint = table.problem->hint});
  }
  const schema::TableLayout layout = table.layout();
  const pg::Result result = session.connection(waiter).query(
      "SELECT " + session.select_list(table.name, layout.columns) + " FROM " +
          session.qualified(table.name) + " WHERE id::text = $1",
      {std::string(id)}, "look up a track", waiter, pg::Format::binary);
  session.connection(waiter).abandon_transaction();
  if (result.size() == 0) return std::nullopt;
  ingest::RowBatch batch;
  ingest::RowBuilder builder(batch, layout.columns.size());
  for (int field = 0; field < static_cast<int>(layout.columns.size()); ++field) {
    if (result[0].is_null(field)) {
      builder.null();
    } else {
      builder.field(result[0].bytes(field));
    }
  }
  ingest::RowReader row(batch.bytes, layout.columns);
  if (!row.next()) return std::nullopt;
  return record_of(row, layout);
}

}  // namespace playmirror::sync
