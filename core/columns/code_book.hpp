#pragma once

#include "core/columns/dictionary.hpp"
#include "core/sqlite/database.hpp"

namespace playmirror::columns {

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
