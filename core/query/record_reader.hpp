#pragma once

#include "core/query/odd_reals.hpp"
#include "core/query/record_fields.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

#include <string>

namespace playmirror::query {

/// Turns rows of a mirrored table into typed records: NULL becomes nothing, the text of a timestamp
/// an instant, and a value kept aside because SQLite cannot hold it is put back.
template <typename Record>
class RecordReader {
 public:
  /// `SELECT <the record's columns, in its order> FROM <its table> AS r`.
  [[nodiscard]] static const std::string& select();

  explicit RecordReader(const sqlite::Database& database);

  /// The statement's present row, whose first columns are those of select().
  [[nodiscard]] Record read(const sqlite::Statement& row);

 private:
  OddReals odd_reals_;
};

extern template class RecordReader<Artist>;
extern template class RecordReader<Track>;
extern template class RecordReader<Play>;
extern template class RecordReader<Snapshot>;
extern template class RecordReader<PlaylistConfig>;

}  // namespace playmirror::query
