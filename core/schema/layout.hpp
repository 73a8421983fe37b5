#pragma once

#include <cstddef>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

/// The shape of the mirrored tables: which columns, of which kind, under which key. A layout comes
/// from the server's catalog; before the first sync, from the columns that the typed records need.
namespace playmirror::schema {

/// How a server value travels and is stored; docs/type-mapping.md has the table.
enum class ValueKind {
  text,         ///< text, varchar, char and every type without a kind of its own, as text
  json,         ///< json and jsonb: TEXT, exactly as the server prints it
  integer,      ///< int2, int4, int8: INTEGER
  real32,       ///< float4: REAL
  real64,       ///< float8: REAL
  boolean,      ///< INTEGER 0 or 1
  timestamp,    ///< TEXT in PostgreSQL's ISO style
  timestamptz,  ///< the same, in UTC, without a zone suffix
};

/// The kind of a server type, by the name in pg_type.
[[nodiscard]] ValueKind kind_of(std::string_view server_type) noexcept;

/// "TEXT", "INTEGER" or "REAL".
[[nodiscard]] std::string_view sqlite_type(ValueKind kind) noexcept;

/// Whether the field arrives in PostgreSQL's binary form of its own type; otherwise it is cast to
/// text on the server.
[[nodiscard]] bool travels_binary(std::string_view server_type) noexcept;

struct ColumnLayout {
  std::string name = {};
  std::string server_type = {};  ///< name in pg_type, such as "varchar"
  ValueKind kind = ValueKind::text;
  int number = 0;  ///< the server's number of it: another is another column, whatever its name

  friend bool operator==(const ColumnLayout&, const ColumnLayout&) = default;
};

/// A line through a table's rows: those whose time in this column is earlier, or missing, are not
/// mirrored.
struct Cut {
  std::string column = {};
  std::string since = {};  ///< as PostgreSQL prints it, in UTC

  friend bool operator==(const Cut&, const Cut&) = default;
};

struct TableLayout {
  std::string name = {};
  std::vector<ColumnLayout> columns = {};
  std::vector<std::string> key = {};       ///< primary key columns, in key order
  std::vector<std::string> left_out = {};  ///< columns that the mirror has, empty, and nothing of
  std::optional<Cut> cut = {};

  [[nodiscard]] std::optional<std::size_t> find(std::string_view column) const noexcept;

  /// The columns of the key, in key order.
  [[nodiscard]] std::vector<ColumnLayout> key_columns() const;

  /// One column, of an integer kind: the mirrored key is SQLite's rowid.
  [[nodiscard]] bool has_integer_key() const noexcept;

  friend bool operator==(const TableLayout&, const TableLayout&) = default;
};

/// Columns of kilobytes that a first copy brings last, so that listening can be asked about sooner.
[[nodiscard]] bool is_bulky(std::string_view table, std::string_view column) noexcept;

/// The six mirrored tables as the typed records need them: parents before children, the columns in
/// the server's order with the types that its migrations give them.
[[nodiscard]] std::span<const TableLayout> record_layouts() noexcept;

/// The layout of one of the six, by name. Throws `internal` for any other name.
[[nodiscard]] const TableLayout& record_layout(std::string_view table);

/// Why a server column cannot feed the record's column, or nothing when it can.
[[nodiscard]] std::optional<std::string> mismatch(const ColumnLayout& needed,
                                                  const ColumnLayout& found);

/// CREATE TABLE for the mirrored table, STRICT, with keys and references, under its own name.
[[nodiscard]] std::string create_table_sql(const TableLayout& layout);

/// The names of the table's secondary indexes; may be empty.
[[nodiscard]] std::vector<std::string> index_names(std::string_view table);

/// CREATE INDEX IF NOT EXISTS for the secondary indexes of the table; may be empty.
[[nodiscard]] std::vector<std::string> create_index_sql(std::string_view table);

}  // namespace playmirror::schema
