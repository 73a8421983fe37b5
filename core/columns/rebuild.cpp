#include "core/columns/rebuild.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/row_source.hpp"
#include "core/columns/sealing.hpp"

#include <playmirror/error.hpp>

#include <string>

namespace playmirror::columns {
namespace {

void forget_plays(sqlite::Database& database) {
  for (const char* table : {"playmirror_blocks", "playmirror_block_data", "playmirror_removed",
                            "playmirror_unsealed"}) {
    database.execute(std::string("DELETE FROM ") + table);
  }
}

bool is_being_copied(const sqlite::Database& database) {
  return database.query_int(
             "SELECT state = 'copying' FROM playmirror_tables WHERE name = 'play_history'") != 0;
}

}  // namespace

void drop(sqlite::Database& database) {
  ColumnState state = read_column_state(database);
  state.built = false;
  write_column_state(database, state);
  forget_plays(database);
}

void rebuild(sqlite::Database& database) {
  if (is_being_copied(database)) return;
  forget_plays(database);
  CodeBook book;
  book.read_catalogue(database);
  BlockBuilder blocks([&](EncodedBlock&& block) { write_block(database, block); });
  PlayReader rows(database, book);
  for (PlayRow play; rows.next(play);) blocks.add(play);
  write_totals(database, blocks.finish(book.tracks.size()));
  store(database, book);
  mark_built(database);
}

void mark_built(sqlite::Database& database) {
  ColumnState state = read_column_state(database);
  state.built = true;
  ++state.plays;
  ++state.tracks;
  ++state.artists;
  ++state.texts;
  ++state.catalogue;
  write_column_state(database, state);
}

void rebuild_or_drop(sqlite::Database& database) {
  try {
    rebuild(database);
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    drop(database);
  }
}

bool needs_rebuild(const sqlite::Database& database) {
  return !read_column_state(database).built && !is_being_copied(database);
}

}  // namespace playmirror::columns
