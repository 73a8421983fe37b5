#pragma once

#include "core/mirror/state.hpp"
#include "core/outbox/outbox.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>

namespace playmirror::sync {

/// Finds out how earlier pushes ended whose answer to COMMIT never came, so that nothing of them is
/// sent again before their fate is known. Old connections of ours that still hang are ended.
class Settlement {
 public:
  Settlement(ServerSession& session, MirrorState& mirror, pg::Waiter& waiter, SyncReport& report);

  /// Throws InDoubt when one of them is still at work.
  void run();

 private:
  /// How a push ended, as far as the server can be trusted to say.
  enum class End { kept, unknown };
  End wait_for_end(const outbox::PushRecord& push);
  /// Sees to it that what was sent behind the push does not keep the next one waiting.
  void release_lock(const outbox::PushRecord& push);
  /// The server has the push: its rows are delivered under the ids that they got, whatever was done
  /// to them there since.
  void adopt(sqlite::Database& database, const outbox::PushRecord& push);

  ServerSession& session_;
  MirrorState& mirror_;
  pg::Waiter& waiter_;
  SyncReport& report_;
};

}  // namespace playmirror::sync
