#pragma once

#include "sync/pg/failure.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/error.hpp>

namespace playmirror::sync {

/// Calls `work`, which begins with a look at the catalog. It begins again when a privilege was
/// taken away behind that look: the next one tells of which table, and the others can go on.
template <typename Work>
void without_taken_rights(ServerSession& session, Work work) {
  constexpr int kAttempts = 3;
  for (int attempt = 1;; ++attempt) {
    try {
      return work();
    } catch (const pg::StatementFailed& failure) {
      if (failure.code() != ErrorCode::permission_denied || attempt >= kAttempts) throw;
    }
    session.connection_if_any([](pg::Connection& server) { server.abandon_transaction(); });
  }
}

}  // namespace playmirror::sync
