#pragma once

#include "core/ingest/scope.hpp"
#include "core/sqlite/database.hpp"
#include "sync/session/identity.hpp"

#include <playmirror/timestamp.hpp>

#include <optional>
#include <string>

namespace playmirror::sync {

/// The server's state when it was last looked at: as long as it is the same, nothing has happened.
struct LastLook {
  std::string snapshot = {};
  std::string checkpoint = {};
  std::string started = {};

  [[nodiscard]] bool is_known() const noexcept { return !snapshot.empty() && !checkpoint.empty(); }
};

/// What a mirror says before its server is asked.
struct Outset {
  bool has_outgoing = false;                 ///< a push would have something to do
  ingest::Scope held = {};                   ///< the part of the server that it holds
  std::optional<ServerIdentity> known = {};  ///< of the server; nothing before the first pull
  LastLook swept = {};                       ///< by the last sweep, empty when it did not take all
  LastLook by_ids = {};                      ///< by a later pull that asked for ids, likewise
  std::optional<Timestamp> last_sweep = {};
  std::optional<Timestamp> last_pull = {};
  std::string settled_plays = {};  ///< SettledPlays::parse() reads it
  std::string alembic_version = {};

  /// `database` must stand still. Throws `damaged`.
  [[nodiscard]] static Outset read(const sqlite::Database& database);
};

}  // namespace playmirror::sync
