#include "core/schema/layout.hpp"

#include "core/sqlite/database.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>

namespace playmirror::schema {
namespace {

struct TypeName {
  std::string_view name;
  ValueKind kind;
};

/// Types with a kind of their own and a binary form that the decoder knows.
constexpr std::array kTypes{
    TypeName{"int2", ValueKind::integer},        TypeName{"int4", ValueKind::integer},
    TypeName{"int8", ValueKind::integer},        TypeName{"float4", ValueKind::real32},
    TypeName{"float8", ValueKind::real64},       TypeName{"bool", ValueKind::boolean},
    TypeName{"timestamp", ValueKind::timestamp}, TypeName{"timestamptz", ValueKind::timestamptz},
    TypeName{"json", ValueKind::json},           TypeName{"text", ValueKind::text},
    TypeName{"varchar", ValueKind::text},
};

ColumnLayout column(const char* name, const char* type) { return {name, type, kind_of(type), 0}; }

/// What each typed record reads. The names and types are those of the backend's own migrations.
std::vector<TableLayout> make_record_layouts() {
  return {
      {"artists",
       {column("id", "varchar"), column("name", "varchar"), column("genres", "json"),
        column("image_url", "varchar")},
       {"id"}},
      {"tracks",
       {column("id", "varchar"),
        column("reccobeats_id", "varchar"),
        column("name", "varchar"),
        column("artist", "varchar"),
        column("album", "varchar"),
        column("image_url", "varchar"),
        column("duration_ms", "int4"),
        column("popularity", "int4"),
        column("raw_data", "json"),
        column("danceability", "float8"),
        column("energy", "float8"),
        column("key", "int4"),
        column("loudness", "float8"),
        column("mode", "int4"),
        column("speechiness", "float8"),
        column("acousticness", "float8"),
        column("instrumentalness", "float8"),
        column("liveness", "float8"),
        column("valence", "float8"),
        column("tempo", "float8"),
        column("time_signature", "int4"),
        column("genres", "json"),
        column("lyrics", "text"),
        column("lyrics_summary", "varchar"),
        column("genre_tags", "varchar"),
        column("created_at", "timestamp"),
        column("updated_at", "timestamp")},
       {"id"}},
      {"track_artists",
       {column("track_id", "varchar"), column("artist_id", "varchar")},
       {"track_id", "artist_id"}},
      {"play_history",
       {column("id", "int4"), column("track_id", "varchar"), column("played_at", "timestamp"),
        column("context_uri", "varchar"), column("listened_ms", "int4"), column("skipped", "bool"),
        column("source", "varchar")},
       {"id"}},
      {"analysis_snapshots",
       {column("id", "int4"), column("date", "timestamp"), column("period_start", "timestamp"),
        column("period_end", "timestamp"), column("period_label", "varchar"),
        column("metrics_payload", "json"), column("narrative_report", "json"),
        column("model_used", "varchar"), column("playlist_theme", "varchar"),
        column("playlist_theme_reasoning", "text"), column("six_hour_playlist_id", "varchar"),
        column("daily_playlist_id", "varchar"), column("playlist_composition", "json")},
       {"id"}},
      {"playlist_config",
       {column("key", "varchar"), column("spotify_id", "varchar"),
        column("last_updated", "timestamp"), column("current_theme", "varchar"),
        column("description", "varchar"), column("composition", "json")},
       {"key"}},
  };
}

struct Reference {
  std::string_view table;
  std::string_view column;
  std::string_view target;
};

/// Declared for tools and readers of the file. Our own writer does not enforce them: it applies
/// what the server holds, which may stop at a table that a migration has put out of our reach.
constexpr std::array kReferences{
    Reference{"track_artists", "track_id", "tracks"},
    Reference{"track_artists", "artist_id", "artists"},
    Reference{"play_history", "track_id", "tracks"},
};

struct Index {
  std::string_view name;
  std::string_view table;
  std::string_view column;
};

/// Only those that a question needs. The one on played_at also finds a play by its identity, since
/// few plays share an instant.
constexpr std::array kIndexes{
    Index{"play_history_played_at", "play_history", "played_at"},
    Index{"track_artists_artist_id", "track_artists", "artist_id"},
};

bool is_textual(ValueKind kind) { return kind == ValueKind::text || kind == ValueKind::json; }

bool is_real(ValueKind kind) { return kind == ValueKind::real32 || kind == ValueKind::real64; }

bool is_time(ValueKind kind) {
  return kind == ValueKind::timestamp || kind == ValueKind::timestamptz;
}

}  // namespace

ValueKind kind_of(std::string_view server_type) noexcept {
  if (server_type == "jsonb") return ValueKind::json;
  const auto* found = std::ranges::find(kTypes, server_type, &TypeName::name);
  return found == kTypes.end() ? ValueKind::text : found->kind;
}

std::string_view sqlite_type(ValueKind kind) noexcept {
  switch (kind) {
    case ValueKind::integer:
    case ValueKind::boolean:
      return "INTEGER";
    case ValueKind::real32:
    case ValueKind::real64:
      return "REAL";
    default:
      return "TEXT";
  }
}

bool travels_binary(std::string_view server_type) noexcept {
  return std::ranges::find(kTypes, server_type, &TypeName::name) != kTypes.end();
}

std::optional<std::size_t> TableLayout::find(std::string_view column) const noexcept {
  const auto found = std::ranges::find(columns, column, &ColumnLayout::name);
  if (found == columns.end()) return std::nullopt;
  return static_cast<std::size_t>(found - columns.begin());
}

std::vector<ColumnLayout> TableLayout::key_columns() const {
  std::vector<ColumnLayout> result;
  for (const std::string& column : key) result.push_back(columns[find(column).value()]);
  return result;
}

bool TableLayout::has_integer_key() const noexcept {
  if (key.size() != 1) return false;
  const auto position = find(key.front());
  return position && columns[*position].kind == ValueKind::integer;
}

bool is_bulky(std::string_view table, std::string_view column) noexcept {
  return table == "tracks" && (column == "raw_data" || column == "lyrics");
}

std::span<const TableLayout> record_layouts() noexcept {
  static const std::vector<TableLayout> layouts = make_record_layouts();
  return layouts;
}

const TableLayout& record_layout(std::string_view table) {
  for (const TableLayout& layout : record_layouts()) {
    if (layout.name == table) return layout;
  }
  raise(ErrorCode::internal, "no mirrored table is called " + std::string(table));
}

std::optional<std::string> mismatch(const ColumnLayout& needed, const ColumnLayout& found) {
  const bool fits = needed.kind == found.kind ||
                    (is_textual(needed.kind) && is_textual(found.kind)) ||
                    (is_real(needed.kind) && is_real(found.kind)) ||
                    (is_time(needed.kind) && is_time(found.kind));
  if (fits) return std::nullopt;
  return "column " + needed.name + " has type " + found.server_type + ", which is no " +
         needed.server_type;
}

std::string create_table_sql(const TableLayout& layout) {
  std::string sql = "CREATE TABLE " + sqlite::quoted(layout.name) + " (";
  for (const ColumnLayout& column : layout.columns) {
    sql += sqlite::quoted(column.name) + ' ';
    sql += sqlite_type(column.kind);
    const bool in_key = std::ranges::find(layout.key, column.name) != layout.key.end();
    if (in_key) sql += " NOT NULL";
    for (const Reference& reference : kReferences) {
      if (reference.table == layout.name && reference.column == column.name) {
        sql += " REFERENCES " + sqlite::quoted(reference.target) + " (id)";
      }
    }
    sql += ", ";
  }
  sql += "PRIMARY KEY (";
  for (std::size_t i = 0; i < layout.key.size(); ++i) {
    sql += (i == 0 ? "" : ", ") + sqlite::quoted(layout.key[i]);
  }
  // An INTEGER primary key is the rowid; a link table is nothing but its key.
  const bool only_key = layout.key.size() == layout.columns.size();
  return sql + (only_key ? ")) STRICT, WITHOUT ROWID" : ")) STRICT");
}

std::vector<std::string> index_names(std::string_view table) {
  std::vector<std::string> names;
  for (const Index& index : kIndexes) {
    if (index.table == table) names.emplace_back(index.name);
  }
  return names;
}

std::vector<std::string> create_index_sql(std::string_view table) {
  std::vector<std::string> statements;
  for (const Index& index : kIndexes) {
    if (index.table != table) continue;
    statements.push_back("CREATE INDEX IF NOT EXISTS " + sqlite::quoted(index.name) + " ON " +
                         sqlite::quoted(table) + " (" + sqlite::quoted(index.column) + ")");
  }
  return statements;
}

}  // namespace playmirror::schema
