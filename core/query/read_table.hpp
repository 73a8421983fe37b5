#pragma once

#include <playmirror/cursor.hpp>
#include <playmirror/table.hpp>
#include <playmirror/to_table.hpp>

#include <utility>

namespace playmirror::query {

/// The rows of a listing as columns.
template <typename Record>
[[nodiscard]] Table read_table(Cursor<Record> rows) {
  RecordColumns<Record> columns;
  while (const auto record = rows.next()) columns.add(*record);
  return std::move(columns).finish();
}

}  // namespace playmirror::query
