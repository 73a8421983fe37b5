#pragma once

#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// How far the copy of each table has come, and the columns it has. Every function works inside
/// the caller's transaction.
namespace playmirror::ingest {

enum class CopyState {
  empty,     ///< nothing was copied yet
  copying,   ///< the first copy has reached `copied_to`
  filling,   ///< every row came; their bulky columns have reached `copied_to`
  copied,    ///< all rows came, from different moments; the next pull brings them to one
  complete,  ///< as the server was at the last pull
};

struct TableState {
  CopyState copy = CopyState::empty;
  std::optional<std::int64_t> horizon = {};   ///< read rows whose transaction is at or after it
  std::optional<std::string> copied_to = {};  ///< position of an unfinished first copy
  std::int64_t relation = 0;  ///< the server's oid of the table; 0 before the first copy
  std::string problem = {};
};

[[nodiscard]] TableState read_state(const sqlite::Database& database, std::string_view table);
void write_state(sqlite::Database& database, std::string_view table, const TableState& state);

/// The latest of all tables; 0 before the first pull.
[[nodiscard]] std::int64_t latest_horizon(const sqlite::Database& database);

/// The columns of the mirrored table with the server's types, as of the last pull.
[[nodiscard]] schema::TableLayout read_layout(const sqlite::Database& database,
                                              std::string_view table);

/// How a mirrored table differs from what the server has now.
struct LayoutChange {
  std::vector<schema::ColumnLayout> added = {};  ///< new here
  std::vector<std::string> dropped = {};         ///< gone from the server, or replaced by another
  std::vector<schema::ColumnLayout> fill = {};   ///< to be read for the rows that are here already
  bool relabelled = false;  ///< types or numbers changed without changing what is stored
  /// Another column took the place of one of the key, or of that which decides what is mirrored:
  /// rows are other rows now, though none was written.
  bool rekeyed = false;

  [[nodiscard]] bool empty() const noexcept {
    return added.empty() && dropped.empty() && fill.empty() && !relabelled;
  }
};

[[nodiscard]] LayoutChange compare(const schema::TableLayout& here,
                                   const schema::TableLayout& server);

/// Gives the mirrored table the server's columns. A dropped or added column is dropped or added
/// here; those that the typed records need stay in any case, and are left out or filled.
void adopt_layout(sqlite::Database& database, const schema::TableLayout& server,
                  const LayoutChange& change);

}  // namespace playmirror::ingest
