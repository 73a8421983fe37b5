// What the backend's own analysis leaves behind: weekly snapshots and the playlists it maintains.
#pragma once

#include "core/sample/catalogue.hpp"
#include "core/sample/days.hpp"
#include "core/sample/row_writer.hpp"

namespace playmirror::sample {

/// One snapshot each Sunday for its last 7 days, and one each month's first Sunday for its last 30.
void write_analysis_snapshots(const Plan& plan, const Catalogue& catalogue, const Days& days,
                              RowWriter& rows);

void write_playlist_config(const Plan& plan, const Catalogue& catalogue, const Days& days,
                           RowWriter& rows);

}  // namespace playmirror::sample
