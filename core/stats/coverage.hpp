#pragma once

#include "core/columns/play_columns.hpp"
#include "core/mirror/state.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/period.hpp>
#include <playmirror/stats_filter.hpp>
#include <playmirror/timestamp.hpp>

#include <optional>

namespace playmirror::stats {

/// Where the mirror's plays begin, when earlier ones are left out by choice (ingest::Scope) and the
/// span reaches back to them: what is counted over it is then too little.
[[nodiscard]] std::optional<Timestamp> cut_in(MirrorState& mirror, const Span& span);

/// Whether tracks.raw_data is left out, where albums, dates of release, ISRCs and first artists
/// are.
[[nodiscard]] bool lacks_raw_data(const sqlite::Database& database);

/// Throws InvalidArgument for a filter that asks what only raw_data tells, where it is left out:
/// every track would be one of its own, or every artist unknown.
void check_raw_data(const StatsFilter& filter, const columns::PlayColumns& plays);

}  // namespace playmirror::stats
