// Connecting: one endpoint after the other, each with its share of the time. libpq could walk the
// list itself, but only its blocking calls give up on a host that swallows packets.

#include "sync/pg/handshake.hpp"

#include "sync/pg/connect_failure.hpp"
#include "sync/pg/lookup.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <chrono>
#include <libpq-fe.h>
#include <new>
#include <utility>
#include <variant>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

using Attempt = std::variant<Connected, ConnectFailure>;

milliseconds until(Clock::time_point deadline) {
  return std::max(std::chrono::ceil<milliseconds>(deadline - Clock::now()), milliseconds{0});
}

/// The end of one share of the time that is left, when `parts` more want a share each.
Clock::time_point share_of(Clock::time_point deadline, std::size_t parts) {
  const auto now = Clock::now();
  return now + (deadline - now) / static_cast<int>(parts);
}

void ignore_notice(void*, const PGresult*) {}

Handle start(const Options& options, const Endpoint& endpoint) {
  Options all = options;
  all["host"] = endpoint.host;
  all["hostaddr"] = endpoint.address;
  all["port"] = endpoint.port;
  std::vector<const char*> keywords;
  std::vector<const char*> values;
  for (const auto& [keyword, value] : all) {
    keywords.push_back(keyword.c_str());
    values.push_back(value.c_str());
  }
  keywords.push_back(nullptr);
  values.push_back(nullptr);
  const UntranslatedMessages untranslated;
  Handle handle(PQconnectStartParams(keywords.data(), values.data(), /*expand_dbname=*/0));
  if (!handle) throw std::bad_alloc();
  PQsetErrorVerbosity(handle.get(), PQERRORS_VERBOSE);        // puts the SQLSTATE into the message
  PQsetNoticeReceiver(handle.get(), ignore_notice, nullptr);  // libpq prints them otherwise
  return handle;
}

/// Whether the socket got ready before the deadline.
bool ready(const Handle& handle, PostgresPollingStatusType wanted, Clock::time_point deadline,
           Waiter& waiter) {
  const auto what = wanted == PGRES_POLLING_READING ? Waiter::For::reading : Waiter::For::writing;
  const milliseconds allowed = waiter.silence();
  waiter.silence(until(deadline));
  struct Restore {
    Waiter& waiter;
    milliseconds allowed;
    ~Restore() { waiter.silence(allowed); }
  } restore{waiter, allowed};
  try {
    waiter.wait(PQsocket(handle.get()), what, "connect");
    return true;
  } catch (const ServerUnavailable&) {
    return false;
  }
}

Attempt shake_hands(const Options& options, const Endpoint& endpoint, bool tls_by_default,
                    Clock::time_point deadline, Secrets& secrets, Waiter& waiter) {
  Handle handle = start(options, endpoint);
  PostgresPollingStatusType wanted = PGRES_POLLING_WRITING;
  bool in_tls = false;
  while (PQstatus(handle.get()) != CONNECTION_BAD && wanted != PGRES_POLLING_FAILED) {
    if (wanted == PGRES_POLLING_OK) {
      if (PQsetnonblocking(handle.get(), 1) != 0) throw std::bad_alloc();
      return Connected{std::move(handle), endpoint, options.at("sslmode")};
    }
    if (Clock::now() >= deadline || !ready(handle, wanted, deadline, waiter)) {
      return ConnectFailure{
          .reason = "no answer in time",
          .details = {.hint = "Check the network or the VPN, and that the server is running.",
                      .retryable = true}};
    }
    in_tls = PQstatus(handle.get()) == CONNECTION_SSL_STARTUP;
    {
      const UntranslatedMessages untranslated;
      wanted = PQconnectPoll(handle.get());
    }
    secrets.add(PQpass(handle.get()));  // libpq may have found it in .pgpass
  }
  return read_failure(handle.get(), secrets, in_tls, tls_by_default);
}

/// Connects to whichever address of the endpoint answers first.
Attempt try_endpoint(Target& target, const Options& options, const ServerOptions& limits,
                     const Endpoint& endpoint, Clock::time_point deadline, Waiter& waiter) {
  ConnectFailure failure;
  const std::vector<Endpoint> addresses =
      with_addresses(endpoint, deadline, waiter, failure.reason);
  failure.details = {.hint = "Check the host in the connection string, the network and the VPN.",
                     .retryable = true};
  for (std::size_t i = 0; i < addresses.size(); ++i) {
    Options chosen = options;
    chosen["sslmode"] = target.sslmode(addresses[i], limits.allow_plaintext);
    Attempt attempt = shake_hands(chosen, addresses[i], !options.contains("sslmode"),
                                  share_of(deadline, addresses.size() - i), target.secrets, waiter);
    if (std::holds_alternative<Connected>(attempt)) return attempt;
    failure = std::get<ConnectFailure>(std::move(attempt));
    if (!failure.worth_trying_next()) break;
  }
  return failure;
}

/// The kinds of session to look for, one pass over all endpoints for each. libpq does this itself
/// when it knows all endpoints; it is given one at a time.
std::vector<std::string> session_kinds(const Options& options) {
  const auto kind = options.find("target_session_attrs");
  if (kind == options.end()) return {"any"};
  if (kind->second == "prefer-standby") return {"standby", "any"};
  return {kind->second};
}

[[noreturn]] void give_up(const std::string& what, const ConnectFailure& failure) {
  raise(failure.code, "could not connect to " + what, failure.details);
}

}  // namespace

void CloseConnection::operator()(pg_conn* connection) const noexcept { PQfinish(connection); }

Connected connect(Target& target, const ServerOptions& limits, Waiter& waiter) {
  const auto deadline = Clock::now() + limits.connect_timeout;
  const std::vector<std::string> kinds = session_kinds(target.options);
  std::size_t left = kinds.size() * target.endpoints.size();
  ConnectFailure last;
  std::string reasons;
  for (const std::string& kind : kinds) {
    reasons.clear();
    Options options = target.options;
    options["target_session_attrs"] = kind;
    for (const Endpoint& endpoint : target.endpoints) {
      auto share = share_of(deadline, left--);
      if (target.patience.count() > 0) share = std::min(share, Clock::now() + target.patience);
      Attempt attempt = try_endpoint(target, options, limits, endpoint, share, waiter);
      if (auto* connected = std::get_if<Connected>(&attempt)) return std::move(*connected);
      last = std::get<ConnectFailure>(std::move(attempt));
      const std::string reason = endpoint.name() + ": " + last.reason;
      if (!last.worth_trying_next()) give_up(reason, last);
      reasons += (reasons.empty() ? "" : "; ") + reason;
    }
  }
  give_up(reasons, last);
}

}  // namespace playmirror::pg
