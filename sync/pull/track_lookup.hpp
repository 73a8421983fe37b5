#pragma once

#include "sync/session/server_session.hpp"

#include <playmirror/records.hpp>

#include <optional>
#include <string_view>

namespace playmirror::sync {

/// The server's present row of a track, whole; nothing when there is none.
[[nodiscard]] std::optional<Track> look_up_track(ServerSession& session, std::string_view id,
                                                 pg::Waiter& waiter);

}  // namespace playmirror::sync
