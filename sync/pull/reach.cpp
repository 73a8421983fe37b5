#include "sync/pull/reach.hpp"

#include "core/ingest/table_state.hpp"
#include "core/mirror/meta.hpp"
#include "sync/session/parts.hpp"

#include <playmirror/timestamp.hpp>

#include <algorithm>

namespace playmirror::sync {
namespace {

/// Whether the last sweep is so recent that the next one is not due yet.
bool was_just_swept(const sqlite::Database& database, std::chrono::milliseconds interval) {
  const auto swept = meta::read_time(database, meta::kLastSweep);
  // Without the snapshot, that sweep did not take everything.
  if (!swept || !swept->is_finite() || meta::read(database, meta::kSnapshot).value_or("").empty()) {
    return false;
  }
  const auto age = Timestamp::now().postgres_micros() - swept->postgres_micros();
  // A clock that was set back may not put the next sweep off.
  return age >= 0 && age < std::chrono::microseconds(interval).count();
}

}  // namespace

Reach Reach::choose(const sqlite::Database& database, const PullOptions& options) {
  Reach reach;
  if (options.sweep_interval.count() <= 0 || options.accept_server || options.confirm_deletes) {
    return reach;
  }
  if (!was_just_swept(database, options.sweep_interval)) return reach;
  reach.settled_ = SettledPlays::parse(meta::read(database, meta::kSettledPlays).value_or(""));
  return reach;
}

LastLook Reach::last_look(const sqlite::Database& database) const {
  const auto look = [&](std::string_view snapshot, std::string_view checkpoint) {
    return LastLook{meta::read(database, snapshot).value_or(""),
                    meta::read(database, checkpoint).value_or(""),
                    meta::read(database, meta::kServerStarted).value_or("")};
  };
  if (!is_sweep()) {
    // A pull by ids is always later than the sweep that it followed.
    LastLook by_ids = look(meta::kIdsSnapshot, meta::kIdsCheckpoint);
    if (by_ids.is_known()) return by_ids;
  }
  return look(meta::kSnapshot, meta::kCheckpoint);
}

bool Reach::fits(const sqlite::Database& database, const std::vector<ServerTable>& tables) const {
  return tables.size() == schema::record_layouts().size() &&
         std::ranges::all_of(tables, [&](const ServerTable& table) {
           if (table.name == "play_history" && table.relation != settled().relation) return false;
           return table.has_unique_key && !has_unseen_parts(database, table) &&
                  ingest::read_state(database, table.name).relation == table.relation &&
                  ingest::compare(ingest::read_layout(database, table.name), table.layout())
                      .empty();
         });
}

bool Reach::sweeps(std::string_view table) const {
  return is_sweep() || table == "analysis_snapshots" || table == "playlist_config";
}

std::string Reach::new_plays() const { return "id > " + std::to_string(settled().upto); }

}  // namespace playmirror::sync
