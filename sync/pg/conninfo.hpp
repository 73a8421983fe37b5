#pragma once

#include "sync/pg/secrets.hpp"

#include <playmirror/server.hpp>

#include <chrono>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::pg {

/// libpq's connection options by keyword.
using Options = std::map<std::string, std::string>;

/// One server that the connection string names.
struct Endpoint {
  std::string host;     ///< a name, an address, the directory of a unix socket, or "" = libpq's own
  std::string address;  ///< the numeric address to use, or "" = to be looked up
  std::string port;

  [[nodiscard]] std::string name() const;  ///< "host:port"
  [[nodiscard]] bool is_unix_socket() const noexcept;
  [[nodiscard]] bool is_local() const noexcept;  ///< a unix socket or a loopback address
};

/// Where and how to connect, after libpq's rules: connection string, then service file, then
/// environment, then defaults.
struct Target {
  std::vector<Endpoint> endpoints;   ///< in the order in which to try them
  Options options;                   ///< everything else; `sslmode` only when somebody chose one
  std::chrono::seconds patience{0};  ///< connect_timeout: longest wait for one of several, or 0
  Secrets secrets;

  /// The mode to use for an endpoint: the chosen one, else TLS unless the endpoint is local.
  [[nodiscard]] std::string sslmode(const Endpoint& endpoint, bool allow_plaintext) const;
};

/// Reads `dsn`, or PLAYMIRROR_DSN when it is empty, or only libpq's environment when both are. Does
/// not touch the network. Throws InvalidArgument (`bad_connection_options`); its message never
/// repeats any of the text, since a misplaced password may be anywhere in it.
[[nodiscard]] Target read_conninfo(std::string_view dsn, const ServerOptions& options);

}  // namespace playmirror::pg
