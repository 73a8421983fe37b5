#pragma once

#include "core/ingest/scope.hpp"
#include "core/schema/layout.hpp"
#include "sync/pg/connection.hpp"

#include <playmirror/error.hpp>

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::sync {

/// Why a table cannot be used now, as an Error would say it.
struct Problem {
  ErrorCode code = ErrorCode::schema_mismatch;
  std::string message = {};
  std::string hint = {};

  [[nodiscard]] std::string sentence() const {
    return hint.empty() ? message : message + ". " + hint;
  }

  friend bool operator==(const Problem&, const Problem&) = default;
};

/// A column as the server's catalog describes it.
struct ServerColumn {
  schema::ColumnLayout layout = {};
  std::string input_type = {};  ///< what a recorded value is cast to: the type, as SQL spells it
  bool not_null = false;
  bool has_default = false;  ///< a default, an identity or a generated column
  bool readable = false;
  bool insertable = false;
  bool generated = false;  ///< the server computes it

  friend bool operator==(const ServerColumn&, const ServerColumn&) = default;
};

/// A mirrored table as the server's catalog describes it to our role.
struct ServerTable {
  std::string name = {};
  char kind = 0;                  ///< pg_class.relkind; 0: there is no such table
  std::int64_t relation = 0;      ///< pg_class.oid: another one is another table, whatever its name
  std::int64_t storage = 0;       ///< pg_class.relfilenode: another one after every rewrite
  bool has_blocks = false;        ///< one heap, of which a range of blocks can be read
  std::string parts = {};         ///< oids of its partitions and of tables that inherit, by comma
  bool has_foreign_part = false;  ///< one of those is elsewhere: its rows have no xmin
  std::string primary_key = {};   ///< its columns' numbers, by comma
  bool has_unique_key = false;    ///< no two rows can have the key of the mirror's table
  bool is_unlogged = false;       ///< a crash of the server empties it
  bool is_absent = false;         ///< unlogged, and the server is a standby
  bool readable = false;
  bool insertable = false;
  bool rows_hidden = false;          ///< a row-level security policy applies to our role
  bool keeps_what_it_takes = false;  ///< nothing of the backend's changes or drops an insert
  bool checks_parents = false;       ///< it refuses a play whose track is not there
  std::vector<ServerColumn> columns = {};
  std::optional<Problem> problem = {};  ///< why it cannot be pulled
  ingest::Scope scope = {};             ///< what of it is mirrored

  /// Whether its rows tell by their xmin when they were written.
  [[nodiscard]] bool is_table() const noexcept { return kind == 'r' || kind == 'p'; }

  /// As far as it is mirrored.
  [[nodiscard]] schema::TableLayout layout() const;
  [[nodiscard]] const ServerColumn* find(std::string_view column) const noexcept;

  friend bool operator==(const ServerTable&, const ServerTable&) = default;
};

/// The six mirrored tables on the server, with what our role may do to them.
struct Catalog {
  std::map<std::string, ServerTable> tables = {};
  bool has_alembic_version = false;  ///< there is such a table and we may read it

  friend bool operator==(const Catalog&, const Catalog&) = default;
};

/// A SELECT whose rows read_catalog() understands. `server_version` as in Connection.
[[nodiscard]] std::string catalog_sql(const std::string& schema, int server_version);
[[nodiscard]] Catalog read_catalog(const pg::Result& result, const std::string& schema);

}  // namespace playmirror::sync
