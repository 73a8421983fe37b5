// Opening a connection, and statements by themselves.

#include "sync/pg/connection_impl.hpp"

#include <playmirror/error.hpp>

#include <libpq-fe.h>
#include <utility>

namespace playmirror::pg {

Connection Connection::open(std::string_view dsn, const ServerOptions& options, Waiter& waiter) {
  Target target = read_conninfo(dsn, options);
  Connected connected = connect(target, options, waiter);
  Connection connection(std::make_unique<Impl>(std::move(connected), std::move(target.secrets)));
  if (connection.is_without_encoding()) {
    // As UTF8 it would refuse every statement that meets a text in another encoding.
    connection.execute("SET client_encoding = 'SQL_ASCII'", "choose an encoding", waiter);
  }
  return connection;
}

Connection::Connection(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Connection::Connection(Connection&&) noexcept = default;
Connection& Connection::operator=(Connection&&) noexcept = default;
Connection::~Connection() = default;

bool Connection::usable() const noexcept { return impl_->session.usable(); }
bool Connection::in_transaction() const noexcept { return impl_->session.in_transaction(); }
int Connection::server_version() const noexcept { return impl_->server_version; }
std::string Connection::name() const { return impl_->name; }
std::string Connection::database() const { return impl_->database; }
Transport Connection::transport() const noexcept { return impl_->transport; }
bool Connection::is_without_encoding() const noexcept { return impl_->is_without_encoding; }
const WireCounts& Connection::wire() const noexcept { return impl_->session.wire(); }
void Connection::abandon_transaction() noexcept { impl_->session.abandon_transaction(); }

void Connection::note_backend(std::int64_t pid) noexcept {
  impl_->is_direct = pid == backend();
  if (impl_->is_direct) impl_->kept.make_possible();
}

bool Connection::is_direct() const noexcept { return impl_->is_direct; }

int Connection::backend() const noexcept { return PQbackendPID(impl_->session.pg()); }

Result Connection::execute(const std::string& sql, const std::string& doing, Waiter& waiter) {
  check_sendable(sql, {});
  return impl_->session.exchange(doing, waiter, [&] {
    Session& session = impl_->session;
    session.sent(PQsendQuery(session.pg(), sql.c_str()), sql.size(), doing);
    session.await_answer();
    return impl_->last_result(doing, waiter);
  });
}

Result Connection::query(const std::string& sql, const std::vector<Parameter>& parameters,
                         const std::string& doing, Waiter& waiter, Format format) {
  check_sendable(sql, parameters);
  return impl_->session.exchange(doing, waiter, [&] {
    impl_->send(sql, parameters, format, doing);
    impl_->session.await_answer();
    return impl_->last_result(doing, waiter);
  });
}

namespace {

bool has_no_encoding(const pg_conn* connection) {
  const char* const encoding = PQparameterStatus(connection, "server_encoding");
  return encoding != nullptr && std::string_view(encoding) == "SQL_ASCII";
}

}  // namespace

Connection::Impl::Impl(Connected connected, Secrets secrets)
    : database(PQdb(connected.handle.get())),
      name(connected.endpoint.name() + '/' + Secrets().shown(database)),
      server_version(PQserverVersion(connected.handle.get())),
      transport{.local = connected.endpoint.is_local(),
                .encrypted = PQsslInUse(connected.handle.get()) != 0,
                .verified =
                    PQsslInUse(connected.handle.get()) != 0 && connected.sslmode == "verify-full"},
      is_without_encoding(has_no_encoding(connected.handle.get())),
      session(std::move(connected.handle), std::move(secrets), name) {}

void Connection::Impl::send(const std::string& sql, const std::vector<Parameter>& parameters,
                            Format format, const std::string& doing) {
  std::size_t bytes = sql.size();
  const std::vector<const char*> values = as_values(parameters, bytes);
  session.sent(
      PQsendQueryParams(session.pg(), sql.c_str(), static_cast<int>(values.size()), nullptr,
                        values.data(), nullptr, nullptr, static_cast<int>(format)),
      bytes, doing);
}

Result Connection::Impl::last_result(const std::string& doing, Waiter& waiter) {
  Result last(nullptr);
  while (true) {
    Result result = session.next(doing, waiter);
    if (result.handle() == nullptr) break;
    check_kind(result, doing);
    last = std::move(result);
  }
  session.throw_refusal();
  return last;
}

void Connection::Impl::check_kind(const Result& result, const std::string& doing) {
  switch (PQresultStatus(result.handle())) {
    case PGRES_EMPTY_QUERY:
    case PGRES_COMMAND_OK:
    case PGRES_TUPLES_OK:
    case PGRES_SINGLE_TUPLE:
    case PGRES_FATAL_ERROR:  // noted by Session; thrown when the connection is at rest
      return;
    case PGRES_COPY_OUT:
    case PGRES_COPY_IN:
    case PGRES_COPY_BOTH:
      session.fail(ErrorCode::internal, doing, "a COPY where none was expected");
    default:
      session.fail(ErrorCode::server_protocol, doing, "the server's answer makes no sense");
  }
}

std::vector<const char*> as_values(const std::vector<Parameter>& parameters, std::size_t& bytes) {
  std::vector<const char*> values;
  values.reserve(parameters.size());
  for (const Parameter& parameter : parameters) {
    values.push_back(parameter ? parameter->c_str() : nullptr);
    if (parameter) bytes += parameter->size();
  }
  return values;
}

void check_sendable(const std::string& sql, const std::vector<Parameter>& parameters) {
  constexpr std::size_t kMostParameters = 65'535;  // their number is a 16-bit field
  if (parameters.size() > kMostParameters) {
    raise(ErrorCode::invalid_argument, "a statement takes at most 65535 parameters",
          {.hint = "Send fewer at once."});
  }
  refuse_nul(sql, "a statement");
  for (const Parameter& parameter : parameters) {
    if (parameter) refuse_nul(*parameter, "a parameter");
  }
}

}  // namespace playmirror::pg
