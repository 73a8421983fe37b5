#include "sync/push/insert_statement.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::sync {
namespace {

/// The columns sent: those of the image, in its order. Images of one table have equal columns.
std::vector<std::string> sent_columns(const outbox::Entry& entry) {
  std::vector<std::string> columns;
  for (const auto& [name, value] : entry.image.fields) columns.push_back(name);
  return columns;
}

/// `input`: one row per entry, its fields cast to the server's types, numbered from 1. Every value
/// travels as text, so that the server's own input functions decide what it is.
std::string input_sql(const ServerSession& session, const ServerTable& table,
                      const std::vector<std::string>& columns) {
  std::string arrays;
  std::string names;
  std::string casts;
  for (std::size_t i = 0; i < columns.size(); ++i) {
    const std::string quoted = pg::quoted(columns[i]);
    const std::string separator = i == 0 ? "" : ", ";
    arrays += separator + "$" + std::to_string(i + 1) + "::text[]";
    names += quoted + ", ";
    const ServerColumn& column = *table.find(columns[i]);
    casts += ", " +
             session.server_value(table.name, column.layout, quoted + "::" + column.input_type) +
             " AS " + quoted;
  }
  return "input AS MATERIALIZED (SELECT position" + casts + " FROM ROWS FROM (unnest(" + arrays +
         ")) WITH ORDINALITY AS given (" + names + "position))";
}

std::string column_list(const std::vector<std::string>& columns, const std::string& prefix) {
  std::string list;
  for (const std::string& column : columns) {
    list += (list.empty() ? "" : ", ") + prefix + pg::quoted(column);
  }
  return list;
}

std::vector<pg::Parameter> column_arrays(const std::vector<const outbox::Entry*>& entries,
                                         std::size_t columns) {
  std::vector<pg::Parameter> parameters;
  for (std::size_t i = 0; i < columns; ++i) {
    std::vector<pg::Parameter> values;
    values.reserve(entries.size());
    for (const outbox::Entry* entry : entries) values.push_back(entry->image.fields[i].second);
    parameters.push_back(pg::text_array(values));
  }
  return parameters;
}

/// Whether the server gives the table's rows their ids, and they are known by a natural key.
bool is_serial(const std::string& table) {
  return table == "play_history" || table == "analysis_snapshots";
}

/// Whether a row has the natural key of the input `i`.
std::string same_sql(const std::string& table, const std::string& row) {
  return table == "play_history"
             ? row + ".played_at = i.played_at AND " + row + ".track_id = i.track_id"
             : row + ".date = i.date AND " + row +
                   ".period_label IS NOT DISTINCT FROM i.period_label";
}

/// `known`: the position of each input that is there already, with its id.
std::string known_sql(const ServerSession& session, const ServerTable& table,
                      const std::string& search) {
  return "known AS (SELECT i.position, min(r.id) AS id FROM input i JOIN (SELECT * FROM " +
         session.qualified(table.name) + (search.empty() ? "" : " WHERE " + search) + ") r ON " +
         same_sql(table.name, "r") + " GROUP BY i.position)";
}

std::string serial_sql(const ServerSession& session, const ServerTable& table,
                       const std::vector<std::string>& columns, const std::string& search,
                       bool single) {
  const bool play = table.name == "play_history";
  const std::string name = session.qualified(table.name);
  const std::string parents = play ? "SELECT i.position FROM input i JOIN " +
                                         session.qualified("tracks") + " t ON t.id = i.track_id"
                                   : "SELECT i.position FROM input i";
  return "WITH " + input_sql(session, table, columns) + ", " + known_sql(session, table, search) +
         ", ready AS (" + parents + "), added AS (INSERT INTO " + name + " (" +
         column_list(columns, "") + ") SELECT " + column_list(columns, "i.") +
         " FROM input i JOIN ready USING (position) LEFT JOIN known k USING (position) "
         "WHERE k.position IS NULL ORDER BY i.position RETURNING *) "
         "SELECT i.position, k.id, r.position IS NOT NULL, a.id IS NOT NULL, a.id FROM input i "
         "LEFT JOIN known k USING (position) LEFT JOIN ready r USING (position) "
         // Of a single row, whatever came out is what a trigger has made of it.
         "LEFT JOIN added a ON " +
         (single ? std::string("true") : same_sql(table.name, "a")) + " ORDER BY i.position";
}

/// artists, and tracks with their links. The server's row wins; a row that is there keeps its
/// links. Without ON CONFLICT, which would pass over a row that another constraint forbids, and
/// which a constraint that can be deferred forbids altogether.
InsertStatement keyed_statement(const ServerSession& session, const ServerTable& table,
                                const std::vector<const outbox::Entry*>& entries,
                                const std::vector<std::string>& columns) {
  const std::string name = session.qualified(table.name);
  InsertStatement statement;
  statement.parameters = column_arrays(entries, columns.size());
  std::string ready = "SELECT i.position FROM input i";
  std::string links;
  if (table.name == "tracks") {
    std::vector<pg::Parameter> tracks;
    std::vector<pg::Parameter> artists;
    for (const outbox::Entry* entry : entries) {
      for (const std::string& artist : entry->image.artist_ids) {
        tracks.emplace_back(entry->identity);
        artists.emplace_back(artist);
      }
    }
    const std::string given = "unnest($" + std::to_string(columns.size() + 1) + "::text[], $" +
                              std::to_string(columns.size() + 2) +
                              "::text[]) AS l (track_id, artist_id)";
    statement.parameters.push_back(pg::text_array(tracks));
    statement.parameters.push_back(pg::text_array(artists));
    ready += " WHERE NOT EXISTS (SELECT 1 FROM " + given + " LEFT JOIN " +
             session.qualified("artists") +
             " x ON x.id::text = l.artist_id WHERE l.track_id = i.id::text AND x.id IS NULL)";
    const std::string linked = session.qualified("track_artists");
    links = ", linked AS (INSERT INTO " + linked +
            " (track_id, artist_id) SELECT DISTINCT a.id, x.id FROM " + given +
            " JOIN added a ON a.id::text = l.track_id JOIN " + session.qualified("artists") +
            " x ON x.id::text = l.artist_id WHERE NOT EXISTS (SELECT 1 FROM " + linked +
            " o WHERE o.track_id = a.id AND o.artist_id = x.id))";
  }
  // Of a single row, whatever came out is what a trigger has made of it.
  const std::string same = entries.size() == 1 ? "true" : "a.id = i.id";
  statement.sql = "WITH " + input_sql(session, table, columns) +
                  ", known AS (SELECT i.position FROM input i JOIN " + name +
                  " k ON k.id = i.id), ready AS (" + ready + "), added AS (INSERT INTO " + name +
                  " (" + column_list(columns, "") + ") SELECT " + column_list(columns, "i.") +
                  " FROM input i JOIN ready USING (position) LEFT JOIN known k USING (position) "
                  "WHERE k.position IS NULL ORDER BY i.position RETURNING id)" +
                  links +
                  " SELECT i.position, CASE WHEN k.position IS NOT NULL THEN 0 END, "
                  "r.position IS NOT NULL, a.id IS NOT NULL, NULL FROM input i "
                  "LEFT JOIN known k USING (position) LEFT JOIN ready r USING (position) "
                  "LEFT JOIN added a ON " +
                  same + " ORDER BY i.position";
  return statement;
}

}  // namespace

bool goes_in_order(const ServerTable& table, const outbox::Entry& entry) {
  // Rounded, two rows can become one and the same.
  const auto rounds = [&](const auto& field) {
    const ServerColumn* column = table.find(field.first);
    return column == nullptr || column->input_type.ends_with(')');
  };
  const bool needs_track = table.name == "play_history";
  return is_serial(table.name) && table.keeps_what_it_takes &&
         (!needs_track || table.checks_parents) && std::ranges::none_of(entry.image.fields, rounds);
}

std::string none_of(const std::vector<std::int64_t>& ids) {
  std::string list;
  for (const std::int64_t id : ids) list += (list.empty() ? "" : ",") + std::to_string(id);
  return list.empty() ? "" : "id <> ALL ('{" + list + "}'::bigint[])";
}

InsertStatement insert_in_order(const ServerSession& session, const ServerTable& table,
                                const std::vector<const outbox::Entry*>& entries,
                                const std::string& search) {
  const std::vector<std::string> columns = sent_columns(*entries.front());
  return {"WITH " + input_sql(session, table, columns) + ", " + known_sql(session, table, search) +
              " INSERT INTO " + session.qualified(table.name) + " (" + column_list(columns, "") +
              ") SELECT " + column_list(columns, "i.") +
              " FROM input i WHERE NOT EXISTS (SELECT FROM known) ORDER BY i.position RETURNING id",
          column_arrays(entries, columns.size())};
}

InsertStatement insert_statement(const ServerSession& session, const ServerTable& table,
                                 const std::vector<const outbox::Entry*>& entries,
                                 const std::string& search) {
  const std::vector<std::string> columns = sent_columns(*entries.front());
  if (is_serial(table.name)) {
    return {serial_sql(session, table, columns, search, entries.size() == 1),
            column_arrays(entries, columns.size())};
  }
  return keyed_statement(session, table, entries, columns);
}

}  // namespace playmirror::sync
