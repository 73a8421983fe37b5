#include "sync/pull/reach.hpp"

#include "core/ingest/table_state.hpp"
#include "sync/session/parts.hpp"

#include <playmirror/timestamp.hpp>

#include <algorithm>

namespace playmirror::sync {
namespace {

/// Whether the last sweep is so recent that the next one is not due yet.
bool was_just_swept(const Outset& outset, std::chrono::milliseconds interval) {
  const auto& swept = outset.last_sweep;
  // Without the snapshot, that sweep did not take everything.
  if (!swept || !swept->is_finite() || outset.swept.snapshot.empty()) return false;
  const auto age = Timestamp::now().postgres_micros() - swept->postgres_micros();
  // A clock that was set back may not put the next sweep off.
  return age >= 0 && age < std::chrono::microseconds(interval).count();
}

}  // namespace

Reach Reach::choose(const Outset& outset, const PullOptions& options) {
  Reach reach;
  if (options.sweep_interval.count() <= 0 || options.accept_server || options.confirm_deletes) {
    return reach;
  }
  if (!was_just_swept(outset, options.sweep_interval)) return reach;
  reach.settled_ = SettledPlays::parse(outset.settled_plays);
  return reach;
}

const LastLook& Reach::last_look(const Outset& outset) const {
  // A pull by ids is always later than the sweep that it followed.
  return !is_sweep() && outset.by_ids.is_known() ? outset.by_ids : outset.swept;
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
