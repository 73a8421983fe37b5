#pragma once

#include "core/mirror/state.hpp"

#include <playmirror/filters.hpp>
#include <playmirror/table.hpp>

#include <optional>

namespace playmirror::query {

/// The plays of a filter that asks for nothing but time, order and limit, from the columns of plays
/// and without looking at a row: what a listing would give. Nothing for any other filter, and for
/// plays in the last thirty years of PostgreSQL's range or with an id or a length of -2^63, which
/// this cannot tell.
[[nodiscard]] std::optional<Table> plays_table(MirrorState& state, const PlayFilter& filter);

}  // namespace playmirror::query
