#pragma once

#include "core/sqlite/database.hpp"

namespace playmirror::outbox {

/// Puts every row that was ever pushed from here, and is still mirrored, back into the outbox under
/// a new provisional id: for a server that may have lost some of them, or given their ids to other
/// rows. The rows that it has are recognised by their identity and adopted again.
void requeue_delivered(sqlite::Database& database);

}  // namespace playmirror::outbox
