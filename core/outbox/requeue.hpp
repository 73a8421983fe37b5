#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::outbox {

/// Puts every row that was ever pushed from here, and is still mirrored, back into the outbox under
/// a new provisional id: for a server that may have lost some of them, or given their ids to other
/// rows. The rows that it has are recognised by their identity and adopted again.
void requeue_delivered(sqlite::Database& database);

/// Likewise those rows of one table that the server does not have as they were sent. `there` is
/// what identifies the rows that it has under their ids.
void requeue_delivered(sqlite::Database& database, std::string_view table,
                       const std::map<std::int64_t, std::string>& there);

/// Puts those of the tracks, or of the artists, that pending rows refer to into the outbox, tracks
/// with their links: for a server that has lost them. `table` names which of the two; tracks go
/// first, for theirs are the artists.
void requeue_parents(sqlite::Database& database, std::string_view table,
                     const std::vector<std::string>& lost);

}  // namespace playmirror::outbox
