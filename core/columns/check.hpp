#pragma once

#include "core/call_watch.hpp"
#include "core/mirror/state.hpp"

#include <playmirror/status.hpp>

#include <vector>

namespace playmirror::columns {

/// Compares the columns with the rows that they are derived from, value by value, and names the
/// blocks and dictionaries that differ. Reads all of both. Columns that are not built have nothing
/// wrong with them. After a difference, the mirror reads the rows instead, until its next write has
/// built the columns anew. Throws what the watch throws.
[[nodiscard]] std::vector<FileProblem> check(MirrorState& state, CallWatch& watch);

}  // namespace playmirror::columns
