#pragma once

#include "core/sqlite/database.hpp"

#include <cstdint>
#include <functional>

namespace playmirror::sqlite {

/// Copies every page of a database, as it is in the source's open read transaction, into a new one.
/// Calls `step` with the pages done and all pages, many times a second; it may throw to stop.
void back_up(Database& source, Database& target,
             const std::function<void(std::int64_t done, std::int64_t all)>& step);

/// Takes the log of a database into its file and away, which needs that nobody else has the file
/// open, in this process or another. False when somebody has. Throws MirrorUnusable when it is no
/// database.
[[nodiscard]] bool settle_alone(Database& database);

}  // namespace playmirror::sqlite
