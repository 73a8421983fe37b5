#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <unordered_map>

namespace playmirror::columns {

/// Plays that got another id and kept all else, as a push does to what was recorded: from, to.
using RenumberedPlays = std::unordered_map<std::int64_t, std::int64_t>;

/// Gives blocks that hold many of the plays their new ids: the other columns stay as they are. What
/// it has done is no longer in `plays` afterwards; the rest is to be followed like any other
/// change. False when it has done nothing. Inside the caller's transaction.
bool renumber_in_blocks(sqlite::Database& database, RenumberedPlays& plays);

}  // namespace playmirror::columns
