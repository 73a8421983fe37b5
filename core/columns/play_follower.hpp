#pragma once

#include "core/columns/code_store.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <unordered_map>

namespace playmirror::columns {

/// Ids of plays that a transaction wrote, and whether there may have been a row of that id before.
using WrittenPlays = std::unordered_map<std::int64_t, bool>;

/// Takes the written plays out of the blocks, as far as they are in one, and puts those that are
/// there now among the unsealed; seals those when they have become many. Gives codes to what they
/// name. False when nothing has changed. Inside the caller's transaction.
bool follow_plays(sqlite::Database& database, CodeUpdater& codes, const WrittenPlays& plays);

}  // namespace playmirror::columns
