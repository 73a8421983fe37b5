#include "sync/push/settlement.hpp"

#include "core/ingest/scope.hpp"
#include "core/mirror/meta.hpp"
#include "core/outbox/deliverer.hpp"
#include "core/test_hooks.hpp"
#include "sync/pg/failure.hpp"
#include "sync/session/identity.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <chrono>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

namespace playmirror::sync {
namespace {

/// SQLSTATE of pg_xact_status() for a transaction "in the future".
constexpr std::string_view kInvalidParameter = "22023";

/// How a transaction of ours ended, and whether the server has run without a crash, a restart or a
/// restore since our connection began: only then was its number not given to another one. A crash
/// throws the statistics away, which tells of it without any privilege.
constexpr const char* kStatus =
    "SELECT pg_catalog.pg_xact_status($1::pg_catalog.xid8), NOT pg_catalog.pg_is_in_recovery() AND "
    "extract(epoch FROM greatest(pg_catalog.pg_postmaster_start_time(), (SELECT stats_reset "
    "FROM pg_catalog.pg_stat_bgwriter)))::numeric <= $2::numeric";

/// A row as long as an old connection of ours holds the lock of a push, for a batch that it was
/// sent behind the COMMIT. When it has not heard a word for a second, nobody is there any more, and
/// it is ended. Through a pooler it may have come to somebody else, who does not let it wait so
/// long.
constexpr const char* kReleaseLock =
    "SELECT CASE WHEN a.state LIKE 'idle in transaction%' AND "
    "a.state_change < pg_catalog.clock_timestamp() - '1 s'::interval "
    "THEN pg_catalog.pg_terminate_backend(a.pid) END FROM pg_catalog.pg_stat_activity a "
    "WHERE a.pid = $1::int AND a.usename = current_user AND a.pid <> pg_catalog.pg_backend_pid() "
    "AND extract(epoch FROM a.backend_start)::text = $2 AND EXISTS (SELECT FROM "
    "pg_catalog.pg_locks l WHERE l.pid = a.pid AND l.locktype = 'advisory' AND l.granted)";

/// How long an old backend of ours may take to end after it was told to.
constexpr std::chrono::seconds kPatience{10};
constexpr std::chrono::milliseconds kPoll{50};

}  // namespace

Settlement::Settlement(ServerSession& session, MirrorState& mirror, pg::Waiter& waiter,
                       SyncReport& report)
    : session_(session), mirror_(mirror), waiter_(waiter), report_(report) {}

void Settlement::run() {
  const auto pushes = outbox::unfinished_pushes(mirror_.reader().database());
  for (const outbox::PushRecord& push : pushes) {
    const End end = wait_for_end(push);
    if (PLAYMIRROR_SAFEGUARD("release lock")) release_lock(push);
    mirror_.write(
        [&](sqlite::Database& database) {
          if (end == End::kept) adopt(database, push);
          outbox::end_push(database, push.push);
        },
        [this] { waiter_.tick(); });
  }
}

void Settlement::adopt(sqlite::Database& database, const outbox::PushRecord& push) {
  outbox::Deliverer deliverer(database);
  const ingest::Scope scope = ingest::read_scope(database);
  const std::vector<outbox::Entry> entries = outbox::offered(database, push.push);
  std::vector<outbox::Arrival> arrivals;
  for (const outbox::Entry& entry : entries) arrivals.emplace_back(&entry, entry.offered_id);
  deliverer.deliver(arrivals);
  for (const outbox::Entry& entry : entries) {
    ingest::drop_if_outside(database, scope, entry.table, entry.offered_id);
    ++report_.pushed;
  }
  meta::write(database, meta::kHighWater,
              std::max(meta::read_int(database, meta::kHighWater), push.xid + 1));
  // What has become of the rows is for the next pull to see, even if nothing happens until then.
  meta::write(database, meta::kSnapshot, "");
  meta::write(database, meta::kPushSnapshot, "");
  session_.note_push();
}

Settlement::End Settlement::wait_for_end(const outbox::PushRecord& push) {
  pg::Connection& server = session_.connection(waiter_);
  server.abandon_transaction();
  const auto moment = server.query(moment_sql(session_.identity_access()), {},
                                   "read the server's identity", waiter_);
  const ServerIdentity identity = read_moment(moment[0], session_.options()).identity;
  check_identity(SteadyReader(mirror_).database(), identity);
  const bool same_server = identity.system_identifier == push.system_identifier &&
                           identity.timeline == push.timeline && identity.database == push.database;
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  for (;;) {
    std::string status;
    bool uninterrupted = false;
    try {
      const auto result = server.query(kStatus, {std::to_string(push.xid), push.backend_start},
                                       "ask how a push ended", waiter_);
      status = result[0].text(0);
      uninterrupted = result[0].text(1) == "t";
    } catch (const pg::StatementFailed& failure) {
      if (failure.sqlstate() != kInvalidParameter) throw;
      // A number that this server never gave out: whatever was sent is not in its history.
      return End::unknown;
    }
    if (status != "in progress") {
      return status == "committed" && uninterrupted && same_server ? End::kept : End::unknown;
    }
    server.query(
        "SELECT pg_catalog.pg_terminate_backend(pid) FROM pg_catalog.pg_stat_activity "
        "WHERE pid = $1::int AND usename = current_user "
        "AND extract(epoch FROM backend_start)::text = $2",
        {std::to_string(push.backend_pid), push.backend_start}, "end an old connection of ours",
        waiter_);
    if (std::chrono::steady_clock::now() > deadline) {
      raise(ErrorCode::in_doubt,
            "an earlier push is still at work on the server (transaction " +
                std::to_string(push.xid) + ")",
            {.hint = "Try again in a while; nothing is sent twice.",
             .retryable = true,
             .outcome = Outcome::in_doubt});
    }
    std::this_thread::sleep_for(kPoll);
    waiter_.tick();
  }
}

void Settlement::release_lock(const outbox::PushRecord& push) {
  pg::Connection& server = session_.connection(waiter_);
  const auto deadline = std::chrono::steady_clock::now() + kPatience;
  while (std::chrono::steady_clock::now() < deadline) {
    const auto holders =
        server.query(kReleaseLock, {std::to_string(push.backend_pid), push.backend_start},
                     "end an old connection of ours", waiter_);
    if (holders.size() == 0) return;
    std::this_thread::sleep_for(kPoll);
    waiter_.tick();
  }
}

}  // namespace playmirror::sync
