#pragma once

#include "core/columns/code_book.hpp"
#include "core/sqlite/database.hpp"
#include "core/sqlite/statement.hpp"

#include <cstdint>
#include <string>
#include <string_view>
#include <utility>

/// The dictionaries in the file: playmirror_track_codes and its sisters. Every function works
/// inside the caller's transaction.
namespace playmirror::columns {

/// Reads one dictionary whole. Throws `damaged` when its codes have a gap.
void load(const sqlite::Database& database, TrackDictionary& tracks);
void load(const sqlite::Database& database, ArtistDictionary& artists);

void load_sources(const sqlite::Database& database, TextDictionary& sources);
void load_contexts(const sqlite::Database& database, TextDictionary& contexts);

/// Replaces all dictionaries of the file.
void store(sqlite::Database& database, const CodeBook& book);

/// Reads entries of tracks one by one. Keeps its statement prepared, and the texts it has read.
class TrackLookup {
 public:
  explicit TrackLookup(const sqlite::Database& database);

  /// Empty for a code that nothing has.
  [[nodiscard]] TrackEntry operator()(std::uint32_t code);

 private:
  std::int64_t last_artist_;
  sqlite::Statement select_;
  TrackDictionary texts_ = {};
};

/// A text and the code that it has.
struct CodedText {
  std::string text = {};
  std::uint32_t code = kNone;
};

/// Brings single entries to what the mirrored rows now say.
class CodeUpdater {
 public:
  explicit CodeUpdater(sqlite::Database& database) : database_(database) {}

  /// The code of an id or text, a new one if it has none yet; a new track's or artist's entry is
  /// filled from its row.
  std::uint32_t track(std::string_view id);
  std::uint32_t source(std::string_view text);
  std::uint32_t context(std::string_view text);

  /// Compares an entry with its row, which may be gone or new, and writes it if they differ.
  void refresh_track(std::string_view id);
  void refresh_artist(std::string_view id);

  [[nodiscard]] bool changed_tracks() const noexcept { return changed_tracks_; }
  [[nodiscard]] bool changed_artists() const noexcept { return changed_artists_; }
  [[nodiscard]] bool changed_texts() const noexcept { return changed_texts_; }

 private:
  std::uint32_t artist(std::string_view id);

  sqlite::Database& database_;
  CodedText last_source_ = {};
  CodedText last_context_ = {};
  bool changed_tracks_ = false;
  bool changed_artists_ = false;
  bool changed_texts_ = false;
};

}  // namespace playmirror::columns
