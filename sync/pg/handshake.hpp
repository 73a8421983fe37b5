#pragma once

#include "sync/pg/conninfo.hpp"
#include "sync/pg/wait.hpp"

#include <playmirror/server.hpp>

#include <memory>
#include <string>

struct pg_conn;

namespace playmirror::pg {

struct CloseConnection {
  void operator()(pg_conn* connection) const noexcept;  ///< does not wait for the server
};
using Handle = std::unique_ptr<pg_conn, CloseConnection>;

/// A connection that is ready for statements, in non-blocking mode.
struct Connected {
  Handle handle;
  Endpoint endpoint;
  std::string sslmode;
};

/// Tries the target's endpoints in order and returns the first that answers, within
/// `options.connect_timeout` altogether. An endpoint that is not to be reached is passed over; one
/// that answers and refuses ends the search, as in libpq. Adds passwords from .pgpass to
/// `target.secrets`. Throws ServerUnavailable, AccessDenied, InvalidArgument, Cancelled, or Error
/// for whatever else the server said.
[[nodiscard]] Connected connect(Target& target, const ServerOptions& options, Waiter& waiter);

}  // namespace playmirror::pg
