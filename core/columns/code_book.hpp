#pragma once

#include "core/columns/dictionary.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

namespace playmirror::columns {

/// The text in a field of a row, kept by the dictionary; nothing for NULL.
template <typename Entry>
[[nodiscard]] std::optional<std::string_view> kept_text(Dictionary<Entry>& dictionary,
                                                        const sqlite::Statement& row, int column) {
  if (row.is_null(column)) return std::nullopt;
  return dictionary.keep(row.text(column));
}

/// All dictionaries, read from the mirrored rows themselves: those of `tracks`, `artists` and
/// `track_artists` at once, the rest as plays come by.
struct CodeBook {
  TrackDictionary tracks = {};
  ArtistDictionary artists = {};
  TextDictionary sources = {};
  TextDictionary contexts = {};

  /// Adds every track and artist of the mirrored tables, in the order in which they lie there: in
  /// that of their ids, each would cost the reading of a page.
  void read_catalogue(const sqlite::Database& database);
};

}  // namespace playmirror::columns
