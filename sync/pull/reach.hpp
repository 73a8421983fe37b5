#pragma once

#include "core/sqlite/database.hpp"
#include "sync/pull/settled_ids.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/server.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::sync {

/// A server with fewer plays is always swept: that costs little more than to ask for less.
inline constexpr std::int64_t kManyPlays = 200'000;

/// How far a pull looks. A sweep looks at every table for whatever was written since its horizon.
/// Between sweeps, a pull may look for new plays by their ids, and for the tracks that the mirror
/// lacks of them, with their artists; it sweeps the small tables. Then nothing that it asks grows
/// with the library. What else was written waits for the next sweep.
class Reach {
 public:
  /// A sweep.
  Reach() = default;

  /// By ids, when the options, the time of the last sweep and what is settled allow it; else a
  /// sweep.
  [[nodiscard]] static Reach choose(const Outset& outset, const PullOptions& options);

  [[nodiscard]] bool is_sweep() const noexcept { return !settled_; }

  /// When the server was last looked at as far as this: empty when it was not, or not all was
  /// taken.
  [[nodiscard]] const LastLook& last_look(const Outset& outset) const;

  /// Whether the questions by ids can be put to such tables: they are those of the last sweep.
  [[nodiscard]] bool fits(const sqlite::Database& database,
                          const std::vector<ServerTable>& tables) const;

  /// Whether the whole of a table is looked at.
  [[nodiscard]] bool sweeps(std::string_view table) const;

  /// The condition on new plays; only for pulls by ids.
  [[nodiscard]] std::string new_plays() const;

  /// What has to be settled still for the answers to be of use; only for pulls by ids.
  [[nodiscard]] const SettledPlays& settled() const { return *settled_; }

 private:
  std::optional<SettledPlays> settled_ = {};  ///< empty: a sweep
};

}  // namespace playmirror::sync
