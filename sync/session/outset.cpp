#include "sync/session/outset.hpp"

#include "core/digest/book_checks.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/outbox.hpp"

#include <string_view>

namespace playmirror::sync {

Outset Outset::read(const sqlite::Database& database) {
  const auto text = [&](std::string_view key) { return meta::read(database, key).value_or(""); };
  digest::require_sound_books(database);
  Outset outset;
  outset.has_outgoing = outbox::has_work(database);
  outset.held = ingest::read_scope(database);
  outset.known = stored_identity(database);
  const std::string started = text(meta::kServerStarted);
  outset.swept = {text(meta::kSnapshot), text(meta::kCheckpoint), started};
  outset.by_ids = {text(meta::kIdsSnapshot), text(meta::kIdsCheckpoint), started};
  outset.last_sweep = meta::read_time(database, meta::kLastSweep);
  outset.last_pull = meta::read_time(database, meta::kLastPull);
  outset.settled_plays = text(meta::kSettledPlays);
  outset.alembic_version = text(meta::kAlembicVersion);
  return outset;
}

}  // namespace playmirror::sync
