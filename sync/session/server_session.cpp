#include "sync/session/server_session.hpp"

#include "core/ingest/key_blocks.hpp"
#include "core/test_hooks.hpp"

#include <algorithm>
#include <iterator>
#include <utility>

namespace playmirror::sync {
namespace {

/// After this long without a word from us inside a transaction, the server ends it, so that a
/// vanished laptop holds back neither vacuum nor a migration.
constexpr const char* kIdleTimeout = "60s";

/// SQLSTATE of what a role may not do, and of a table that is not there.
constexpr std::string_view kNoPrivilege = "42501";
constexpr std::string_view kNoTable = "42P01";

/// How often a transaction starts over because a migration changed the set of tables meanwhile.
constexpr int kAttempts = 5;

std::vector<std::string> lockable_tables(const Catalog& catalog) {
  std::vector<std::string> names;
  for (const auto& [name, table] : catalog.tables) {
    if (table.is_table() && table.readable) names.push_back(name);
  }
  return names;
}

pg::Command command(std::string sql, std::string doing) {
  pg::Command result;
  result.sql = std::move(sql);
  result.doing = std::move(doing);
  return result;
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

std::vector<pg::Command> ServerSession::reading_commands(std::chrono::milliseconds lock_timeout,
                                                         const std::vector<std::string>& tables) {
  std::vector<pg::Command> commands;
  commands.push_back(
      command("BEGIN ISOLATION LEVEL REPEATABLE READ, READ ONLY", "begin a transaction"));
  for (std::string& setting : pinned_settings(lock_timeout)) {
    commands.push_back(command(std::move(setting), "pin a setting"));
  }
  // Before the first SELECT takes the snapshot: a rewriting migration that commits between snapshot
  // and lock would make its table read as empty, with no error.
  if (!tables.empty() && PLAYMIRROR_SAFEGUARD("table locks")) {
    commands.push_back(lock_command(tables, "ACCESS SHARE"));
  }
  return commands;
}

pg::Command ServerSession::lock_command(const std::vector<std::string>& tables,
                                        const char* mode) const {
  std::string names;
  for (const std::string& table : tables) names += (names.empty() ? "" : ", ") + qualified(table);
  return command("LOCK TABLE " + names + " IN " + mode + " MODE",
                 "lock the tables against a migration");
}

bool ServerSession::look_again(const pg::StatementFailed& refused, pg::Waiter& waiter) {
  // A table went, or a privilege.
  if (refused.sqlstate() != kNoTable && refused.sqlstate() != kNoPrivilege) return false;
  probe(waiter);
  return true;
}

std::vector<pg::Command> ServerSession::opening_commands(Opening& opening, std::string_view path) {
  std::vector<pg::Command> commands;
  commands.push_back(command(catalog_sql(options_.schema), "read the catalog"));
  commands.back().kept_under = path;
  commands.back().on_result = [&](const pg::Result& result) {
    opening.catalog = read_catalog(result, options_.schema);
  };
  commands.push_back(command(moment_sql(access_), "read the server's snapshot"));
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
  for (int attempt = 0;; ++attempt) {
    pg::Connection& server = connection(waiter);
    server.abandon_transaction();
    opening = {};
    const auto locked = lockable_tables(last_.catalog);
    Companions companions;
    if (along) companions = along(last_);
    std::vector<pg::Command> commands = std::move(companions.ahead);
    std::ranges::move(reading_commands(lock_timeout, locked), std::back_inserter(commands));
    std::ranges::move(opening_commands(opening, kCatalogOnly), std::back_inserter(commands));
    std::ranges::move(companions.behind, std::back_inserter(commands));
    try {
      server.pipeline(std::move(commands), waiter, companions.meanwhile);
    } catch (const pg::StatementFailed& failure) {
      server.abandon_transaction();
      // What is there to lock may be another thing by now: look again, once.
      if (opening.is_complete() || attempt > 0 || !look_again(failure, waiter)) throw;
      continue;
    }
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
