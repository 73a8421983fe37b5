#include "core/mirror/state.hpp"
#include "core/time/zone.hpp"
#include "sync/check/doctor.hpp"
#include "sync/check/repairer.hpp"
#include "sync/check/verifier.hpp"
#include "sync/log_report.hpp"
#include "sync/pg/failure.hpp"
#include "sync/pull/puller.hpp"
#include "sync/pull/track_lookup.hpp"
#include "sync/push/pusher.hpp"
#include "sync/session/server_session.hpp"

#include <playmirror/error.hpp>
#include <playmirror/server.hpp>

#include <chrono>
#include <cstdint>
#include <exception>
#include <utility>

namespace playmirror {
namespace {

WireCounts operator-(const WireCounts& after, const WireCounts& before) {
  return {after.round_trips - before.round_trips, after.bytes_sent - before.bytes_sent,
          after.bytes_received - before.bytes_received};
}

void require(bool sensible, const char* what) {
  if (!sensible) {
    raise(ErrorCode::invalid_argument, what, {.hint = "Leave the option out for its default."});
  }
}

void check(const ServerOptions& options) {
  require(options.connect_timeout.count() > 0, "connect_timeout must be positive");
  require(options.timeout.count() > 0, "timeout must be positive");
  static_cast<void>(Zone::find(options.played_at_zone));  // throws for an unknown one
}

void check(const PullOptions& options) {
  require(options.lock_timeout.count() > 0, "lock_timeout must be positive");
  require(options.delete_limit >= 0 && options.delete_limit <= 1,
          "delete_limit must be a share between 0 and 1");
  require(options.field_cap > 0, "field_cap must be positive");
  require(options.sweep_interval.count() >= 0, "sweep_interval must not be negative");
  if (options.plays_since && *options.plays_since != Timestamp::negative_infinity()) {
    require(options.plays_since->is_finite(), "plays_since must be an instant, or -infinity");
  }
}

void check(const RepairOptions& options) {
  require(options.delete_limit >= 0 && options.delete_limit <= 1,
          "delete_limit must be a share between 0 and 1");
  require(options.field_cap > 0, "field_cap must be positive");
}

void check(const VerifyOptions& options) {
  require(options.max_differences >= 0, "max_differences must not be negative");
}

void check(const PushOptions& options) {
  require(options.lock_timeout.count() > 0, "lock_timeout must be positive");
  require(options.batch_rows > 0, "batch_rows must be positive");
}

/// Fills a report's duration and wire counts when the call ends, well or not.
template <typename Report>
class Measured {
 public:
  Measured(Report& report, const sync::ServerSession& session)
      : report_(report), session_(session), wire_(session.wire()) {}
  Measured(const Measured&) = delete;
  Measured& operator=(const Measured&) = delete;
  ~Measured() {
    report_.wire = session_.wire() - wire_;
    report_.duration = std::chrono::duration_cast<std::chrono::microseconds>(
        std::chrono::steady_clock::now() - start_);
  }

 private:
  Report& report_;
  const sync::ServerSession& session_;
  WireCounts wire_;
  std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

}  // namespace

struct Server::Impl {
  Impl(std::string dsn, const ServerOptions& options) : session(std::move(dsn), options) {}

  /// Runs one call. When it fails, no transaction is left behind, and what the server refused
  /// reaches the caller in the class that stands for its code.
  template <typename Work>
  auto attempt(Work work) {
    const auto abandon = [this] {
      session.connection_if_any([](pg::Connection& server) { server.abandon_transaction(); });
    };
    try {
      return work();
    } catch (const pg::StatementFailed& failure) {
      abandon();
      raise(failure.code(), failure.what(), failure.details());
    } catch (...) {
      abandon();
      throw;
    }
  }

  /// "host:port/database", or empty without a connection.
  [[nodiscard]] std::string name() {
    std::string name;
    session.connection_if_any([&](pg::Connection& server) { name = server.name(); });
    return name;
  }

  /// Looks after the caller of one call, in which so many bytes are received as from now on.
  pg::Waiter waiter_for(const CallControl& control) {
    pg::Waiter waiter(control, session.options().timeout);
    waiter.count_bytes([this] { return session.wire().bytes_received; });
    return waiter;
  }

  /// Runs one call on a mirror, and logs what it reports.
  template <typename Report, typename Work>
  void run(const char* call, Mirror& mirror, const CallControl& control, Report& report,
           Work work) {
    MirrorState& state = *MirrorAccess::state(mirror);
    pg::Waiter waiter = waiter_for(control);
    run_measured(state, waiter, report, std::move(work));
    sync::log_report(waiter, call, name(), report);
  }

  /// Under the mirror's sync lock.
  template <typename Report, typename Work>
  void run_measured(MirrorState& state, pg::Waiter& waiter, Report& report, Work work) {
    const Measured measured(report, session);
    const auto lock = state.lock_for_sync([&] { waiter.tick(); });
    attempt_anew(waiter, [&] { work(state, waiter); });
  }

  /// Like attempt(). A connection that broke while nobody used it is noticed only now, before it
  /// has brought anything: then the call begins on a new one. It begins again too when the server
  /// has lost what the connection had left there, which happens once to a connection.
  template <typename Work>
  auto attempt_anew(pg::Waiter& waiter, Work work) {
    bool reused = session.has_connection();
    const std::int64_t received = session.wire().bytes_received;
    for (;;) {
      try {
        return attempt(work);
      } catch (const ServerUnavailable&) {
        if (!std::exchange(reused, false) || session.wire().bytes_received != received) throw;
        waiter.log(LogLevel::info, "the connection had broken: beginning again on a new one");
      } catch (const pg::StatementLost&) {
        waiter.log(LogLevel::info, "the server has lost prepared statements: going on without");
      }
    }
  }

  sync::ServerSession session;
};

Server::Server(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
Server::Server(Server&&) noexcept = default;
Server& Server::operator=(Server&&) noexcept = default;
Server::~Server() = default;

Server Server::connect(std::string_view dsn, const ServerOptions& options,
                       const CallControl& control) {
  check(options);
  auto impl = std::make_unique<Impl>(std::string(dsn), options);
  pg::Waiter waiter = impl->waiter_for(control);
  impl->attempt([&] { impl->session.connection(waiter); });
  waiter.log(LogLevel::info, "connected to " + impl->name());
  return Server(std::move(impl));
}

Server::Impl& Server::impl() const {
  if (!impl_) {
    raise(ErrorCode::closed, "the server was moved from", {.hint = "Use what it was moved to."});
  }
  return *impl_;
}

void Server::close() noexcept {
  if (impl_) impl_->session.close();
}

std::string Server::name() const { return impl().name(); }

SyncReport Server::sync(Mirror& mirror, const SyncOptions& options, const CallControl& control) {
  check(options.push);
  check(options.pull);
  SyncReport report;
  impl().run("sync", mirror, control, report, [&](MirrorState& state, pg::Waiter& waiter) {
    sync::Pusher pusher(impl().session, state, options.push, waiter, report);
    sync::Puller puller(impl().session, state, options.pull, waiter, report);
    if (options.pull.accept_server) {
      // Nothing may be pushed to a server that the mirror does not follow yet.
      puller.run();
      pusher.run();
      return;
    }
    std::exception_ptr push_failure;
    try {
      pusher.run();
    } catch (const Cancelled&) {
      throw;
    } catch (const Error& error) {
      // Without a server there is nothing to pull from either.
      if (error.code() == ErrorCode::unreachable) throw;
      push_failure = std::current_exception();
      impl().session.connection_if_any(
          [](pg::Connection& server) { server.abandon_transaction(); });
    }
    puller.run();
    if (push_failure) std::rethrow_exception(push_failure);
  });
  return report;
}

SyncReport Server::pull(Mirror& mirror, const PullOptions& options, const CallControl& control) {
  check(options);
  SyncReport report;
  impl().run("pull", mirror, control, report, [&](MirrorState& state, pg::Waiter& waiter) {
    sync::Puller(impl().session, state, options, waiter, report).run();
  });
  return report;
}

SyncReport Server::push(Mirror& mirror, const PushOptions& options, const CallControl& control) {
  check(options);
  SyncReport report;
  impl().run("push", mirror, control, report, [&](MirrorState& state, pg::Waiter& waiter) {
    sync::Pusher(impl().session, state, options, waiter, report).run();
  });
  return report;
}

VerifyReport Server::verify(const Mirror& mirror, const VerifyOptions& options,
                            const CallControl& control) {
  check(options);
  VerifyReport report;
  MirrorState& state = *MirrorAccess::state(mirror);
  pg::Waiter waiter = impl().waiter_for(control);
  {
    const Measured measured(report, impl().session);
    impl().attempt_anew(
        waiter, [&] { sync::Verifier(impl().session, state, options, waiter, report).run(); });
  }
  return report;
}

std::optional<Track> Server::track(std::string_view id, const CallControl& control) {
  pg::Waiter waiter = impl().waiter_for(control);
  return impl().attempt_anew(waiter,
                             [&] { return sync::look_up_track(impl().session, id, waiter); });
}

RepairReport Server::repair(Mirror& mirror, const RepairOptions& options,
                            const CallControl& control) {
  check(options);
  RepairReport report;
  impl().run("repair", mirror, control, report, [&](MirrorState& state, pg::Waiter& waiter) {
    sync::Repairer(impl().session, state, options, waiter, report).run();
  });
  return report;
}

DoctorReport Server::doctor(const CallControl& control) {
  pg::Waiter waiter = impl().waiter_for(control);
  return impl().attempt_anew(waiter, [&] { return sync::examine(impl().session, waiter); });
}

}  // namespace playmirror
