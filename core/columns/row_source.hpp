#pragma once

#include "core/columns/code_book.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/sqlite/database.hpp"

#include <functional>

namespace playmirror::columns {

/// Reads every play of `play_history` in order of (played_at, id), and gives what it holds to `use`
/// in codes of the book; ids and texts that the book lacks get new codes.
void read_plays(sqlite::Database& database, CodeBook& book,
                const std::function<void(const PlayRow&)>& use);

/// The instant behind the text of a timestamp column, as play_batch.hpp describes it. Throws
/// `damaged`, naming the row, for text that PostgreSQL would not have printed.
[[nodiscard]] std::int64_t instant_of(const sqlite::Statement& row, int column, std::int64_t id);

}  // namespace playmirror::columns
