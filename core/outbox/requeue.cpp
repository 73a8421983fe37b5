#include "core/outbox/requeue.hpp"

#include "core/mirror/meta.hpp"
#include "core/outbox/handles.hpp"
#include "core/outbox/mirrored_rows.hpp"
#include "core/outbox/outbox.hpp"
#include "core/schema/layout.hpp"
#include "core/time/postgres_time.hpp"
#include "core/time/zone.hpp"

#include <algorithm>
#include <cmath>
#include <memory>
#include <optional>
#include <utility>

namespace playmirror::outbox {
namespace {

bool is_pending(const sqlite::Database& database, std::string_view table,
                std::string_view identity) {
  auto known =
      database.prepare("SELECT 1 FROM playmirror_outbox WHERE table_name = ? AND identity = ?");
  return known.bind_all(table, identity).step();
}

/// The zone whose local times the server keeps, if it does.
std::shared_ptr<const Zone> server_zone(const sqlite::Database& database) {
  const auto name = meta::read(database, meta::kPlayedAtZone);
  return name && *name != "UTC" ? Zone::find(*name) : nullptr;
}

/// Whether the play that the server has under an id may be the one that was sent, as a migration
/// has made it: of another track, or rounded, or all of them by the clocks of another zone. Or as
/// the server has it anyway, by a local time that comes twice. A play that got an id which is free
/// again has another track and another time, as a rule.
bool is_made_of(std::string_view there, std::string_view sent, bool all_are_others,
                const Zone* zone) {
  const auto [time, track] = parts_of(there);
  const auto [sent_time, sent_track] = parts_of(sent);
  if (time == sent_time) return true;
  if (track != sent_track) return false;
  const auto micros = parse_postgres(time);
  const auto sent_micros = parse_postgres(sent_time);
  if (zone != nullptr && micros && sent_micros &&
      zone->local(*micros) == zone->local(*sent_micros)) {
    return true;
  }
  constexpr double kSecond = 1e6;
  return all_are_others ||
         (micros && sent_micros &&
          std::abs(static_cast<double>(*micros) - static_cast<double>(*sent_micros)) <= kSecond);
}

}  // namespace

void requeue_delivered(sqlite::Database& database) {
  for (const char* table : {"play_history", "analysis_snapshots"}) {
    requeue_delivered(database, table, {});
  }
}

void requeue_delivered(sqlite::Database& database, std::string_view table,
                       const std::map<std::int64_t, std::string>& there) {
  const schema::TableLayout& layout = schema::record_layout(table);
  const std::vector<Delivered> all = all_delivered(database, table);
  const auto zone = server_zone(database);
  MirroredRows rows(database, layout);
  const bool all_are_others = std::ranges::none_of(all, [&](const Delivered& delivered) {
    const auto now = there.find(delivered.server_id);
    if (now == there.end()) return false;
    const auto image = rows.image(delivered.server_id);
    return image && identity_of(table, *image) == now->second;
  });
  for (const Delivered& delivered : all) {
    const auto image = rows.image(delivered.server_id);
    if (!image) continue;
    const std::string identity = identity_of(table, *image);
    const auto now = there.find(delivered.server_id);
    const bool is_there =
        now != there.end() && (now->second == identity ||
                               (table == "play_history" &&
                                is_made_of(now->second, identity, all_are_others, zone.get())));
    if (is_there || is_pending(database, table, identity)) continue;
    const std::int64_t id = next_provisional_id(database);
    database.prepare("UPDATE " + sqlite::quoted(table) + " SET id = ? WHERE id = ?")
        .bind_all(id, delivered.server_id)
        .run();
    database.prepare("DELETE FROM playmirror_odd_values WHERE table_name = ? AND row_key = ?")
        .bind_all(table, std::to_string(delivered.server_id))
        .run();
    add(database, table, identity, id, *image);
    // The old handle follows the row to its new provisional id, and from there to the server's.
    redirect(database, table, delivered, id);
  }
}

void requeue_parents(sqlite::Database& database, std::string_view table,
                     const std::vector<std::string>& lost) {
  const bool tracks = table == "tracks";
  const schema::TableLayout& layout = schema::record_layout(table);
  auto needed = database.prepare(
      tracks ? "SELECT 1 FROM play_history p JOIN playmirror_outbox o ON o.table_name = "
               "'play_history' AND o.row_id = p.id WHERE p.track_id = ?"
             : "SELECT 1 FROM track_artists l JOIN playmirror_outbox o ON o.table_name = "
               "'tracks' AND o.identity = l.track_id WHERE l.artist_id = ?");
  MirroredRows rows(database, layout);
  for (const std::string& key : lost) {
    needed.bind(0, key);
    const bool is_needed = needed.step();
    needed.reset();
    if (!is_needed || is_pending(database, table, key)) continue;
    if (const auto image = rows.image(key)) add(database, table, key, 0, *image);
  }
}

}  // namespace playmirror::outbox
