#pragma once

#include "core/outbox/handles.hpp"
#include "core/query/moment.hpp"
#include "core/query/query.hpp"
#include "core/query/record_reader.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

namespace playmirror::query {

/// The record with that key.
template <typename Record, typename Key>
[[nodiscard]] std::optional<Record> find(const Moment& moment, const Key& key) {
  const std::string condition = "r." + sqlite::quoted(kKeyColumn<Record>) + " = ?";
  auto row =
      Query(RecordReader<Record>::select()).where(condition, Value(key)).prepare(moment.database());
  if (!row.step()) return std::nullopt;
  return RecordReader<Record>(moment.database()).read(row);
}

/// The record with that id, or with the id that the server gave it since.
template <typename Record>
[[nodiscard]] std::optional<Record> find_recorded(const Moment& moment, std::int64_t id) {
  auto record = find<Record>(moment, id);
  if (record || id >= 0) return record;
  const auto server_id = outbox::delivered_as(moment.database(), kTableOf<Record>, id);
  if (!server_id) return std::nullopt;
  return find<Record>(moment, *server_id);
}

/// One `?`: a part of the name, taken literally. Ignores case, for ASCII only, as lower() does.
inline constexpr std::string_view kNameContains = "instr(lower(r.name), lower(?)) > 0";

/// Whether the row is in the outbox, as a condition on `r`.
[[nodiscard]] inline std::string pending_condition(std::string_view table, bool pending) {
  return std::string("r.id ") + (pending ? "IN" : "NOT IN") +
         " (SELECT row_id FROM playmirror_outbox WHERE table_name = '" + std::string(table) + "')";
}

}  // namespace playmirror::query
