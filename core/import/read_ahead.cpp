#include "core/import/read_ahead.hpp"

#include "core/test_hooks.hpp"

#include <utility>

namespace playmirror::import {
namespace {

/// Rows handed over at once, and how many such pieces may wait: as many as are recorded at a time,
/// so that neither thread waits for the other to begin.
constexpr std::int64_t kPieceRows = 5000;
constexpr std::size_t kWaitingPieces = 20;

}  // namespace

Ahead<RowPiece> read_ahead(const Document& document, const Reading& reading, SongPool& songs,
                           Judge judge) {
  const auto read = [&document, &reading, &songs,
                     judge = std::move(judge)](const Ahead<RowPiece>::Put& put) {
    RowPiece piece;
    const auto take = [&](const JsonRow& row) {
      ++piece.rows;
      const bool clean = row.is_clean() || !PLAYMIRROR_SAFEGUARD("text of the server");
      ToldOrReason found = clean ? judge(row) : Reason::bad_value;
      if (const auto* reason = std::get_if<Reason>(&found)) {
        ++piece.left_out[*reason];
      } else {
        piece.listens.push_back(songs.keep(std::get<Told>(std::move(found))));
      }
      if (piece.rows == kPieceRows) put(std::exchange(piece, {}));
    };
    try {
      for_each_row(*document.open(), reading.place, reading.paths, take);
    } catch (const Ahead<RowPiece>::Stopped&) {
      throw;
    } catch (...) {
      // What came before it counts.
      put(std::move(piece));
      throw;
    }
    put(std::move(piece));
  };
  return {kWaitingPieces, read};
}

}  // namespace playmirror::import
