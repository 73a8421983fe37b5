#pragma once

#include "sync/session/server_session.hpp"

#include <playmirror/report.hpp>

namespace playmirror::sync {

/// Looks at the server with the eyes of our role: what is missing, and what would be better.
/// Changes nothing.
[[nodiscard]] DoctorReport examine(ServerSession& session, pg::Waiter& waiter);

}  // namespace playmirror::sync
