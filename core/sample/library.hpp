// A whole music library, six tables of it, made from a seed: the same rows on every machine.
//
// The shape follows aggregates of a real listening history of nine years: few tracks are played
// often and many once, people listen in sessions and by the hour of their own clock, much is
// skipped, and every kind of dirt that such logs are known for is in it.
#pragma once

#include "core/sample/catalogue.hpp"
#include "core/sample/row_writer.hpp"

#include <optional>
#include <string_view>

namespace playmirror::sample {

/// "small" (1,000 plays), "medium" (70,000), "large" (1 M) or "huge" (10 M).
std::optional<Plan> plan_of_size(std::string_view name);

/// As many tracks and artists as a history of this length would know, but at most 50,000 tracks.
Plan plan_of_plays(std::uint32_t plays);

/// Writes artists, tracks, track_artists, play_history, analysis_snapshots and playlist_config, in
/// that order: no row refers to a later one. Memory does not grow with the number of plays.
/// Throws std::invalid_argument for a plan out of bounds, with a message that states them.
void generate(const Plan& plan, RowWriter& rows);

}  // namespace playmirror::sample
