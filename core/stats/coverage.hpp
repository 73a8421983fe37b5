#pragma once

#include "core/mirror/state.hpp"

#include <playmirror/period.hpp>
#include <playmirror/timestamp.hpp>

#include <optional>

namespace playmirror::stats {

/// Where the mirror's plays begin, when earlier ones are left out by choice (ingest::Scope) and the
/// span reaches back to them: what is counted over it is then too little.
[[nodiscard]] std::optional<Timestamp> cut_in(MirrorState& mirror, const Span& span);

}  // namespace playmirror::stats
