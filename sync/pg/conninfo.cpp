// From a connection string to endpoints and options. libpq's own errors are never shown here: they
// quote the text that they do not understand, and that is often a piece of a password.

#include "sync/pg/conninfo.hpp"

#include "sync/pg/service_file.hpp"
#include "sync/pg/tuning.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <arpa/inet.h>
#include <charconv>
#include <cstdlib>
#include <initializer_list>
#include <libpq-fe.h>
#include <memory>
#include <new>
#include <utility>

namespace playmirror::pg {
namespace {

[[noreturn]] void refuse(const std::string& why, const std::string& hint) {
  raise(ErrorCode::bad_connection_options, why, {.hint = hint});
}

bool is_uri(std::string_view dsn) {
  return dsn.starts_with("postgresql://") || dsn.starts_with("postgres://");
}

[[noreturn]] void refuse_form(std::string_view dsn) {
  refuse(
      "the connection string cannot be understood",
      is_uri(dsn)
          ? "In a URI, write special characters of user and password as %XX: @ as %40, % as %25, "
            "/ as %2F."
          : "Write host=... dbname=... user=...; put values with spaces in single quotes.");
}

/// libpq takes a URI with an unescaped @ or / in the password, and means another host or database.
/// Those would show up in messages as what they are: pieces of the password.
void refuse_stray_at(std::string_view dsn) {
  if (!is_uri(dsn)) return;
  dsn.remove_prefix(dsn.find("//") + 2);
  const std::size_t slash = dsn.find('/');
  const std::string_view authority = dsn.substr(0, slash);
  const std::string_view rest = slash == std::string_view::npos ? "" : dsn.substr(slash);
  const std::string_view path = rest.substr(0, rest.find('?'));
  if (std::ranges::count(authority, '@') > 1 || path.find('@') != std::string_view::npos) {
    refuse("the connection string has an @ where none belongs",
           "In a URI, write special characters of user and password as %XX: @ as %40, / as %2F.");
  }
}

struct FreeOptions {
  void operator()(PQconninfoOption* options) const noexcept { PQconninfoFree(options); }
};
using OptionList = std::unique_ptr<PQconninfoOption, FreeOptions>;

Options as_map(const OptionList& list, std::initializer_list<std::string_view> except,
               Secrets& secrets) {
  Options options;
  for (const PQconninfoOption* option = list.get(); option != nullptr && option->keyword != nullptr;
       ++option) {
    if (option->val == nullptr || *option->val == '\0') continue;
    if (std::ranges::find(except, option->keyword) != except.end()) continue;
    options[option->keyword] = option->val;
    if (*option->dispchar == '*') secrets.add(option->val);  // libpq's mark of a password
  }
  return options;
}

/// What the connection string alone says.
Options spelled_out(const std::string& dsn, Secrets& secrets) {
  char* message = nullptr;
  const OptionList list(PQconninfoParse(dsn.c_str(), &message));
  PQfreemem(message);
  if (!list) refuse_form(dsn);
  return as_map(list, {}, secrets);
}

constexpr const char* kImpossible = "none-playmirror-only-asks";

struct Probe {
  Options options;            ///< all but the two that were spoilt; empty without the service
  bool stopped_last = false;  ///< everything else had passed libpq's checks
};

/// The options that libpq would connect with. It tells them only of a connection, so one is begun
/// that libpq stops before it gets to the network: `stopper` is given an impossible value. A second
/// option may be spoilt as well.
Probe ask_libpq(const std::string& dsn, const char* stopper, const char* spoilt, const char* value,
                Secrets& secrets) {
  // With expand_dbname, a whole connection string stands for dbname; what follows goes before it.
  const char* keywords[] = {"dbname", stopper, spoilt, nullptr};
  const char* values[] = {dsn.c_str(), kImpossible, value, nullptr};
  const std::unique_ptr<PGconn, decltype(&PQfinish)> probe(
      PQconnectStartParams(keywords, values, /*expand_dbname=*/1), &PQfinish);
  if (!probe) throw std::bad_alloc();
  const std::string_view complaint = PQerrorMessage(probe.get());
  const OptionList list(PQconninfo(probe.get()));
  return {.options = as_map(list, {stopper, spoilt}, secrets),
          .stopped_last = complaint.find(kImpossible) != std::string_view::npos};
}

constexpr std::string_view kSessionKinds[] = {"any",     "read-write", "read-only",
                                              "primary", "standby",    "prefer-standby"};

/// Everything libpq knows, by asking twice, each time for what the other probe spoils. Neither lets
/// libpq open the password file: it would complain about a bad one on standard error each time.
Options all_options(const std::string& dsn, Secrets& secrets) {
  Probe first = ask_libpq(dsn, "target_session_attrs", "passfile", "/dev/null/none", secrets);
  if (first.options.empty()) {
    refuse("the service of the connection string cannot be read",
           "Define it in ~/.pg_service.conf, or in the file that PGSERVICEFILE names.");
  }
  if (!first.stopped_last) {
    refuse("a connection option has a value that libpq does not accept",
           "Check the options in the connection string, the service file and the PG* variables.");
  }
  Probe second = ask_libpq(dsn, "sslmode", "password", "none", secrets);
  Options options = std::move(first.options);
  options.merge(second.options);
  const auto kind = options.find("target_session_attrs");
  if (kind != options.end() &&
      std::ranges::find(kSessionKinds, kind->second) == std::end(kSessionKinds)) {
    refuse("target_session_attrs has a value that does not exist",
           "Use any, read-write, read-only, primary, standby or prefer-standby.");
  }
  return options;
}

bool sslmode_chosen(const Options& spelled, const Options& all) {
  if (all.at("sslmode") != "prefer") return true;  // libpq's default; anything else was chosen
  if (spelled.contains("sslmode") || std::getenv("PGSSLMODE") != nullptr) return true;
  const char* service = std::getenv("PGSERVICE");
  if (const auto named = spelled.find("service"); named != spelled.end()) {
    return service_sets(named->second, "sslmode");
  }
  return service != nullptr && service_sets(service, "sslmode");
}

std::string taken(Options& options, const char* keyword) {
  const auto node = options.extract(keyword);
  return node.empty() ? std::string() : node.mapped();
}

std::vector<std::string> split(std::string_view list) {
  std::vector<std::string> parts;
  for (std::size_t comma = list.find(','); comma != std::string_view::npos;
       comma = list.find(',')) {
    parts.emplace_back(list.substr(0, comma));
    list.remove_prefix(comma + 1);
  }
  parts.emplace_back(list);
  return parts;
}

void check_address(std::string_view host) {
  const auto fits = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
           std::string_view("-._:%").find(c) != std::string_view::npos;
  };
  if (!std::ranges::all_of(host, fits)) {
    refuse("the host in the connection string is not a host name",
           "If the password holds an @, write it as %40 in a URI.");
  }
}

void check_host(std::string_view host) {
  if (host.starts_with('/') || host.starts_with('@')) return;  // a unix socket
  check_address(host);
}

std::string checked_port(const std::string& port) {
  if (port.empty()) return "5432";
  unsigned number = 0;
  const char* end = port.data() + port.size();
  const auto [stop, error] = std::from_chars(port.data(), end, number);
  if (error != std::errc() || stop != end || number < 1 || number > 65'535) {
    refuse("the port in the connection string is not a number from 1 to 65535",
           "If the password holds a : or a /, write it as %3A or %2F in a URI.");
  }
  return port;
}

// libpq has checked that the lists are equally long, or the ports a single one.
std::vector<Endpoint> endpoints_of(Options& options) {
  const std::vector<std::string> hosts = split(taken(options, "host"));
  const std::vector<std::string> addresses = split(taken(options, "hostaddr"));
  const std::vector<std::string> ports = split(taken(options, "port"));
  const auto nth = [](const std::vector<std::string>& list, std::size_t i) {
    return i < list.size() ? list[i] : list.size() == 1 ? list[0] : std::string();
  };
  std::vector<Endpoint> endpoints;
  for (std::size_t i = 0; i < std::max(hosts.size(), addresses.size()); ++i) {
    Endpoint endpoint{.host = i < hosts.size() ? hosts[i] : "",
                      .address = i < addresses.size() ? addresses[i] : "",
                      .port = checked_port(nth(ports, i))};
    check_host(endpoint.host);
    check_address(endpoint.address);
    endpoints.push_back(std::move(endpoint));
  }
  return endpoints;
}

/// What playmirror asks for, unless the user has said otherwise.
void add_defaults(Options& options, const ServerOptions& limits) {
  options["client_encoding"] = "UTF8";
  options.try_emplace("fallback_application_name", "playmirror");
  options.try_emplace("keepalives", "1");
  options.try_emplace("keepalives_idle", tuning::kKeepaliveIdle);
  options.try_emplace("keepalives_interval", tuning::kKeepaliveInterval);
  options.try_emplace("keepalives_count", tuning::kKeepaliveCount);
  options.try_emplace("tcp_user_timeout", std::to_string(limits.timeout.count()));
}

std::string chosen_dsn(std::string_view argument) {
  std::string dsn(argument);
  const auto blank = [](const std::string& text) {
    return text.find_first_not_of(" \t\r\n") == std::string::npos;
  };
  const char* variable = std::getenv("PLAYMIRROR_DSN");
  if (blank(dsn) && variable != nullptr) dsn = variable;
  return blank(dsn) ? std::string() : dsn;
}

}  // namespace

std::string Endpoint::name() const {
  std::string shown = !host.empty() ? host : !address.empty() ? address : "localhost";
  if (shown.find(':') != std::string::npos) shown = '[' + shown + ']';
  return shown + ':' + port;
}

bool Endpoint::is_unix_socket() const noexcept {
  return address.empty() && (host.empty() || host.starts_with('/') || host.starts_with('@'));
}

bool Endpoint::is_local() const noexcept {
  if (is_unix_socket()) return true;
  in_addr v4{};
  if (::inet_pton(AF_INET, address.c_str(), &v4) == 1) return ntohl(v4.s_addr) >> 24 == 127;
  in6_addr v6{};
  return ::inet_pton(AF_INET6, address.c_str(), &v6) == 1 &&
         (IN6_IS_ADDR_LOOPBACK(&v6) || (IN6_IS_ADDR_V4MAPPED(&v6) && v6.s6_addr[12] == 127));
}

std::string Target::sslmode(const Endpoint& endpoint, bool allow_plaintext) const {
  if (const auto chosen = options.find("sslmode"); chosen != options.end()) return chosen->second;
  return endpoint.is_local() || allow_plaintext ? "prefer" : "require";
}

Target read_conninfo(std::string_view argument, const ServerOptions& limits) {
  if (argument.find('\0') != std::string_view::npos) refuse_form(argument);
  const std::string dsn = chosen_dsn(argument);
  Target target;
  const Options spelled = spelled_out(dsn, target.secrets);
  refuse_stray_at(dsn);
  target.options = all_options(dsn, target.secrets);
  if (!sslmode_chosen(spelled, target.options)) target.options.erase("sslmode");
  target.endpoints = endpoints_of(target.options);
  const std::string patience = taken(target.options, "connect_timeout");
  std::int64_t seconds = 0;
  std::from_chars(patience.data(), patience.data() + patience.size(), seconds);
  target.patience = std::chrono::seconds(seconds);
  add_defaults(target.options, limits);
  return target;
}

}  // namespace playmirror::pg
