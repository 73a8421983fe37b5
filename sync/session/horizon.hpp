#pragma once

#include <cstdint>
#include <string>

namespace playmirror::sync {

/// The condition that selects rows written at or after the horizon; empty when it must select all.
/// `xmax` is that of the snapshot, or one for which still_holds() turns out to be true.
///
/// The horizon is the oldest transaction that was still running at an earlier moment. A row that is
/// visible now and was not then has been written by a transaction that ran then or began later, so
/// its xmin is at or after the horizon; nothing else need be read, and re-reading does no harm.
[[nodiscard]] std::string horizon_condition(std::int64_t horizon, std::int64_t xmax);

/// The same in another form, for a scan of the whole table that counts besides: the server may
/// share such a scan between several processes, since nothing in it depends on the present
/// transaction. Few xids since the horizon are listed, more are a range.
[[nodiscard]] std::string horizon_range(std::int64_t horizon, std::int64_t xmax);

/// Whether a condition written for a snapshot's xmax serves at another one that came later.
[[nodiscard]] bool still_holds(std::int64_t written_for, std::int64_t xmax);

}  // namespace playmirror::sync
