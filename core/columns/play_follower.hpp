#pragma once

#include "core/columns/code_store.hpp"
#include "core/columns/renumbering.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <unordered_map>

namespace playmirror::columns {

/// The plays that a transaction wrote.
struct WrittenPlays {
  /// By id: whether there may have been a row of that id before.
  std::unordered_map<std::int64_t, bool> ids = {};
  RenumberedPlays renumbered = {};  ///< none of them, by either id, is among the others
};

/// Takes the written plays out of the blocks, as far as they are in one, and puts those that are
/// there now among the unsealed; seals those when they have become many. Gives codes to what they
/// name. False when nothing has changed. Inside the caller's transaction.
bool follow_plays(sqlite::Database& database, CodeUpdater& codes, WrittenPlays plays);

}  // namespace playmirror::columns
