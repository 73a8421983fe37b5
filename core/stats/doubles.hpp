/// \file
/// Dedupe::near: rows that report one play twice.
///
/// Plays of one track are looked at in order of (played_at, id), over all plays whatever the
/// filter, so that tightening a filter never raises a count. A play belongs to the earliest group
/// of its track whose first play is so near that it can be the same: within the window; or, from a
/// source that the group does not have yet, within the longer duration of the two and 10 s, because
/// one source may note the start and another the end. Of a group, the play with most fields that
/// are not NULL stays, then the one with the lowest id.
#pragma once

#include "core/columns/play_columns.hpp"

#include <chrono>
#include <cstdint>
#include <unordered_set>
#include <vector>

namespace playmirror::stats {

/// The ids of the plays to drop. `identity` is the track that stands for each track, `durations`
/// the milliseconds of each or -1.
[[nodiscard]] std::unordered_set<std::int64_t> find_doubles(
    const columns::PlayColumns& plays, const std::vector<std::uint32_t>& identity,
    const std::vector<std::int64_t>& durations, std::chrono::milliseconds window);

}  // namespace playmirror::stats
