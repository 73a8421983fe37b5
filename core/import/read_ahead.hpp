#pragma once

#include "core/ahead.hpp"
#include "core/import/documents.hpp"
#include "core/import/formats.hpp"
#include "core/import/song_pool.hpp"

#include <cstdint>
#include <functional>
#include <map>
#include <vector>

namespace playmirror::import {

/// Some rows of a document, in their order.
struct RowPiece {
  std::int64_t rows = 0;
  std::vector<Listen> listens = {};
  std::map<Reason, std::int64_t> left_out = {};
};

/// Called on the reading thread.
using Judge = std::function<ToldOrReason(const JsonRow&)>;

/// Reads a document on a thread of its own, a little ahead of the one that records: to take JSON
/// apart costs as much as to write the rows. Document, reading and songs must outlive it.
/// ReadProblem comes behind the rows before it.
[[nodiscard]] Ahead<RowPiece> read_ahead(const Document& document, const Reading& reading,
                                         SongPool& songs, Judge judge);

}  // namespace playmirror::import
