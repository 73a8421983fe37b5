#include "sync/session/server_session.hpp"

#include "core/ingest/key_blocks.hpp"
#include "core/test_hooks.hpp"

#include <algorithm>
#include <iterator>
#include <map>
#include <utility>

namespace playmirror::sync {
namespace {

/// After this long without a word from us inside a transaction, the server ends it, so that a
/// vanished laptop holds back neither vacuum nor a migration.
constexpr const char* kIdleTimeout = "60s";

/// SQLSTATE of what a role may not do, of a table or schema that is not there, and of what is no
/// table.
constexpr std::string_view kNoPrivilege = "42501";
constexpr std::string_view kNoTable = "42P01";
constexpr std::string_view kNoSchema = "3F000";
constexpr std::string_view kOtherKind = "42809";

/// SQLSTATE of a lock that another transaction has, and that was not waited for, or not longer.
constexpr std::string_view kLockTaken = "55P03";

constexpr const char* kLocking = "lock the tables against a migration";

/// How often a transaction starts over because a migration changed the set of tables meanwhile.
constexpr int kAttempts = 5;

std::vector<std::string> lockable_tables(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& [name, table] : catalog.tables) {
    if (table.is_table() && table.readable) names.push_back(name);
  }
  return names;
}

}  // namespace

ServerSession::ServerSession(std::string dsn, ServerOptions options)
    : dsn_(std::move(dsn)), options_(std::move(options)) {}

pg::Connection& ServerSession::connection(pg::Waiter& waiter) {
  if (connection_ && !connection_->usable()) {
    earlier_ = wire();
    close();
  }
  if (!connection_) {
    connection_.emplace(pg::Connection::open(dsn_, options_, waiter));
    probe(waiter);
  }
  return *connection_;
}

void ServerSession::probe(pg::Waiter& waiter) {
  if (connection_->server_version() < 130000) {
    raise(ErrorCode::server_refused,
          "the server runs PostgreSQL " + std::to_string(connection_->server_version() / 10000) +
              "; playmirror needs 13 or newer",
          {.hint = "Upgrade the server."});
  }
  last_ = {};
  std::vector<pg::Command> commands(1);
  commands[0].sql =
      "SELECT pg_catalog.has_function_privilege('pg_catalog.pg_control_system()', 'EXECUTE'), "
      "pg_catalog.has_function_privilege('pg_catalog.pg_control_checkpoint()', 'EXECUTE'), "
      "pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_lsn()', 'EXECUTE') AND "
      "pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_flush_lsn()', 'EXECUTE') AND "
      "pg_catalog.has_function_privilege('pg_catalog.pg_current_wal_insert_lsn()', 'EXECUTE') AND "
      "pg_catalog.has_function_privilege('pg_catalog.pg_walfile_name(pg_lsn)', 'EXECUTE'), "
      "pg_catalog.pg_backend_pid()";
  commands[0].doing = "ask what the server tells about itself";
  commands[0].on_result = [this](const pg::Result& result) {
    access_ = {result[0].boolean(0), result[0].boolean(1), result[0].boolean(2)};
    connection_->note_backend(result[0].integer(3));
  };
  // As if it told everything, which it does unless somebody took the right away.
  access_ = {true, true, true};
  for (pg::Command& question : opening_commands(last_, {})) commands.push_back(std::move(question));
  try {
    connection_->pipeline(std::move(commands), waiter);
  } catch (const pg::StatementFailed& failure) {
    if (failure.sqlstate() != kNoPrivilege || last_.catalog.tables.empty()) throw;
  }
}

const Opening& ServerSession::last_opening(pg::Waiter& waiter) {
  pg::Connection& server = connection(waiter);
  if (!last_.is_complete()) {
    const auto result = server.query(moment_sql(access_), {}, "read the server's identity", waiter);
    last_.moment = read_moment(result[0], options_);
  }
  return last_;
}

const Outset& ServerSession::outset(MirrorState& mirror) {
  return outset_.get(mirror, [&] { return Outset::read(SteadyReader(mirror).database()); });
}

std::vector<std::string> ServerSession::pinned_settings(std::chrono::milliseconds lock_timeout) {
  std::vector<std::string> settings = pinned_formats(lock_timeout);
  settings.insert(settings.begin(), "SET LOCAL search_path = pg_catalog");
  return settings;
}

std::vector<std::string> ServerSession::pinned_formats(std::chrono::milliseconds lock_timeout) {
  std::vector<std::string> settings{
      std::string("SET LOCAL idle_in_transaction_session_timeout = '") + kIdleTimeout + "'",
  };
  if (PLAYMIRROR_SAFEGUARD("pinned formats")) {
    for (const char* format :
         {"TimeZone = 'UTC'", "DateStyle = 'ISO, YMD'", "IntervalStyle = 'postgres'",
          "extra_float_digits = 1", "bytea_output = 'hex'", "array_nulls = on"}) {
      settings.push_back(std::string("SET LOCAL ") + format);
    }
  }
  if (PLAYMIRROR_SAFEGUARD("row security")) settings.push_back("SET LOCAL row_security = off");
  if (PLAYMIRROR_SAFEGUARD("lock timeout")) {
    settings.push_back("SET LOCAL lock_timeout = " + std::to_string(lock_timeout.count()));
  }
  return settings;
}

std::vector<pg::Command> ServerSession::beginning(std::chrono::milliseconds lock_timeout) {
  std::vector<pg::Command> commands;
  commands.push_back(
      pg::command("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "begin a transaction"));
  for (std::string& setting : pinned_settings(lock_timeout)) {
    commands.push_back(pg::command(std::move(setting), "pin a setting"));
  }
  return commands;
}

std::vector<pg::Command> ServerSession::reading_commands(std::chrono::milliseconds lock_timeout,
                                                         const std::string& table) {
  std::vector<pg::Command> commands = beginning(lock_timeout);
  if (PLAYMIRROR_SAFEGUARD("table locks")) {
    commands.push_back(
        pg::command("LOCK TABLE " + qualified(table) + " IN ACCESS SHARE MODE", kLocking));
  }
  return commands;
}

std::vector<pg::Command> ServerSession::lock_commands(const std::vector<TableLock>& locks) const {
  std::map<std::string_view, std::string> by_mode;
  for (const TableLock& lock : locks) {
    std::string& names = by_mode[lock.mode];
    names += (names.empty() ? "" : ", ") + qualified(lock.table);
  }
  std::vector<pg::Command> commands;
  for (const auto& [mode, names] : by_mode) {
    commands.push_back(
        pg::command("LOCK TABLE " + names + " IN " + std::string(mode) + " MODE NOWAIT", kLocking));
  }
  return commands;
}

bool ServerSession::await_locks(const pg::StatementFailed& refused,
                                const std::vector<TableLock>& locks,
                                std::chrono::steady_clock::time_point give_up, pg::Waiter& waiter) {
  if (refused.sqlstate() != kLockTaken || locks.empty()) return false;
  for (const TableLock& lock : locks) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        give_up - std::chrono::steady_clock::now());
    if (left.count() <= 0) throw pg::StatementFailed(refused);
    std::vector<pg::Command> commands;
    commands.push_back(pg::command("BEGIN", "begin a transaction"));
    if (PLAYMIRROR_SAFEGUARD("lock timeout")) {
      commands.push_back(
          pg::command("SET LOCAL lock_timeout = " + std::to_string(left.count()), "pin a setting"));
    }
    commands.push_back(pg::command(
        "LOCK TABLE " + qualified(lock.table) + " IN " + lock.mode + " MODE", kLocking));
    commands.push_back(pg::command("ROLLBACK", "end a transaction"));
    try {
      connection(waiter).pipeline(std::move(commands), waiter);
    } catch (const pg::StatementFailed& failure) {
      connection(waiter).abandon_transaction();
      if (!look_again(failure, waiter)) throw;
      return true;
    }
  }
  return true;
}

bool ServerSession::look_again(const pg::StatementFailed& refused, pg::Waiter& waiter) {
  // A table went, or its schema, or a privilege, or a view took its place.
  const std::string& why = refused.sqlstate();
  if (why != kNoTable && why != kNoSchema && why != kNoPrivilege && why != kOtherKind) return false;
  probe(waiter);
  return true;
}

std::vector<pg::Command> ServerSession::opening_commands(Opening& opening, std::string_view path) {
  std::vector<pg::Command> commands;
  commands.push_back(
      pg::command(catalog_sql(options_.schema, connection_->server_version()), "read the catalog"));
  commands.back().kept_under = path;
  commands.back().on_result = [&](const pg::Result& result) {
    opening.catalog = read_catalog(result, options_.schema);
  };
  commands.push_back(pg::command(moment_sql(access_), "read the server's snapshot"));
  commands.back().kept_under = path;
  commands.back().on_result = [&](const pg::Result& result) {
    opening.moment = read_moment(result[0], options_);
    // Copied first: half of a catalog would be worse than none.
    Opening complete = opening;
    last_ = std::move(complete);
  };
  return commands;
}

Opening ServerSession::begin_reading(pg::Waiter& waiter, std::chrono::milliseconds lock_timeout) {
  Opening opening;
  begin_reading(waiter, lock_timeout, opening, {});
  return opening;
}

void ServerSession::begin_reading(pg::Waiter& waiter, std::chrono::milliseconds lock_timeout,
                                  Opening& opening, const Along& along) {
  const auto give_up = std::chrono::steady_clock::now() + lock_timeout;
  bool was_refused = false;
  for (int attempt = 0;; ++attempt) {
    pg::Connection& server = connection(waiter);
    server.abandon_transaction();
    opening = {};
    const auto locked = lockable_tables(last_.catalog);
    std::vector<TableLock> locks;
    // Before the first SELECT takes the snapshot: a rewriting migration that commits between
    // snapshot and lock would make its table read as empty, with no error.
    if (PLAYMIRROR_SAFEGUARD("table locks")) {
      for (const std::string& table : locked) locks.push_back({table});
      if (last_.catalog.has_alembic_version) locks.push_back({"alembic_version"});
    }
    Companions companions;
    if (along) companions = along(last_);
    std::vector<pg::Command> commands = std::move(companions.ahead);
    std::ranges::move(beginning(lock_timeout), std::back_inserter(commands));
    std::ranges::move(lock_commands(locks), std::back_inserter(commands));
    std::ranges::move(opening_commands(opening, kCatalogOnly), std::back_inserter(commands));
    std::ranges::move(companions.behind, std::back_inserter(commands));
    try {
      server.pipeline(std::move(commands), waiter, companions.meanwhile);
    } catch (const pg::StatementFailed& failure) {
      server.abandon_transaction();
      if (!opening.is_complete() && await_locks(failure, locks, give_up, waiter)) {
        --attempt;
        continue;
      }
      // What is there to lock may be another thing by now: look again, once.
      if (opening.is_complete() || was_refused || !look_again(failure, waiter)) throw;
      was_refused = true;
      continue;
    }
    was_refused = false;
    // A table that appeared since the last look was not locked before the snapshot: start over.
    if (lockable_tables(opening.catalog) == locked) return;
    server.abandon_transaction();
    if (attempt >= kAttempts) {
      raise(ErrorCode::server_refused, "the server's tables keep appearing and vanishing",
            {.hint = "Sync again when the migration is done.", .retryable = true});
    }
  }
}

std::string ServerSession::qualified(std::string_view table) const {
  return pg::quoted(options_.schema) + "." + pg::quoted(table);
}

std::string ServerSession::rows_of(const schema::TableLayout& table) const {
  if (!table.cut) return qualified(table.name);
  return "(SELECT ctid, xmin, tableoid, * FROM " + qualified(table.name) + " WHERE " +
         cut_condition(table, *table.cut) + ") AS " + pg::quoted(table.name);
}

std::string ServerSession::cut_condition(const schema::TableLayout& table,
                                         const schema::Cut& cut) const {
  const schema::ColumnLayout& column = table.columns[table.find(cut.column).value()];
  return value_of(table.name, column) + " >= " + pg::literal(cut.since);
}

bool ServerSession::has_local_times(std::string_view table,
                                    const schema::ColumnLayout& column) const {
  return options_.played_at_zone != "UTC" && table == "play_history" &&
         column.name == "played_at" && column.kind == schema::ValueKind::timestamp;
}

std::string ServerSession::value_of(std::string_view table,
                                    const schema::ColumnLayout& column) const {
  std::string name = pg::quoted(column.name);
  if (!has_local_times(table, column)) return name;
  return "((" + name + " AT TIME ZONE " + pg::literal(options_.played_at_zone) +
         ") AT TIME ZONE 'UTC')";
}

std::string ServerSession::server_value(std::string_view table, const schema::ColumnLayout& column,
                                        const std::string& value) const {
  if (!has_local_times(table, column)) return value;
  return "((" + value + " AT TIME ZONE 'UTC') AT TIME ZONE " +
         pg::literal(options_.played_at_zone) + ")";
}

std::string ServerSession::select_list(std::string_view table,
                                       const std::vector<schema::ColumnLayout>& columns) const {
  std::string list;
  for (const schema::ColumnLayout& column : columns) {
    if (!list.empty()) list += ", ";
    list += value_of(table, column);
    if (!schema::travels_binary(column.server_type)) list += "::text";
  }
  return list;
}

WireCounts ServerSession::wire() const noexcept {
  WireCounts sum = earlier_;
  if (connection_) {
    const WireCounts& now = connection_->wire();
    sum.round_trips += now.round_trips;
    sum.bytes_sent += now.bytes_sent;
    sum.bytes_received += now.bytes_received;
  }
  return sum;
}

std::string ServerSession::block_expression(const schema::TableLayout& layout) const {
  const std::string first = pg::quoted(layout.key.front());
  if (layout.has_integer_key()) {
    return "(" + first + "::bigint >> " + std::to_string(ingest::kBlockBits) + ")::text";
  }
  if (connection_ && connection_->is_without_encoding()) {
    // There a character is a byte. In SQLite it is what looks like one in UTF-8: a first byte of
    // several with all that may follow it, or any other byte.
    return "pg_catalog.substring(" + first + "::text, " +
           pg::literal("^(?:[\\xC0-\\xFF][\\x80-\\xBF]*|[\\x01-\\xFF]){0," +
                       std::to_string(ingest::kBlockCharacters) + "}") +
           ")";
  }
  // Some collations take different characters for equal.
  return "pg_catalog.left(" + first + "::text, " + std::to_string(ingest::kBlockCharacters) +
         ") COLLATE pg_catalog.\"C\"";
}

}  // namespace playmirror::sync
