#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <vector>

namespace playmirror::outbox {

/// Makes entries that do not match their checksums anew from their mirrored rows, which must be
/// known to be as they were written. Returns their numbers; an entry whose row cannot be told stays
/// as it is.
[[nodiscard]] std::vector<std::int64_t> mend(sqlite::Database& database);

}  // namespace playmirror::outbox
