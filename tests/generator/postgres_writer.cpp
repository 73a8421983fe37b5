#include "postgres_writer.hpp"

#include <bit>
#include <stdexcept>

namespace music_generator {
namespace {

constexpr std::size_t kFlushAt = 1 << 18;
constexpr Instant kPostgresEpoch =
    std::chrono::sys_days{std::chrono::year{2000} / std::chrono::January / 1};

[[noreturn]] void fail(PGconn* connection) { throw std::runtime_error(PQerrorMessage(connection)); }

}  // namespace

PostgresWriter::PostgresWriter(const std::string& conninfo)
    : connection_(PQconnectdb(conninfo.c_str())) {
  if (PQstatus(connection_.get()) != CONNECTION_OK) fail(connection_.get());
  execute("SET client_min_messages = warning");
  execute("SET client_encoding = 'UTF8'");
  execute("BEGIN");
  execute(
      "SELECT set_config('session_replication_role', 'replica', true) "
      "WHERE current_setting('is_superuser') = 'on'");
}

void PostgresWriter::begin_table(std::string_view table,
                                 std::span<const std::string_view> columns) {
  std::string sql = "COPY " + std::string(table) + " (";
  for (const std::string_view column : columns) {
    if (column != columns.front()) sql += ", ";
    sql += column;
  }
  sql += ") FROM STDIN (FORMAT binary)";
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql.c_str()),
                                                             &PQclear);
  if (PQresultStatus(result.get()) != PGRES_COPY_IN) fail(connection_.get());
  columns_ = static_cast<std::int16_t>(columns.size());
  rows_.assign("PGCOPY\n\377\r\n\0", 11);
  append(std::int32_t{0});  // no flags
  append(std::int32_t{0});  // no header extension
}

void PostgresWriter::end_table() {
  append(std::int16_t{-1});
  flush();
  if (PQputCopyEnd(connection_.get(), nullptr) != 1) fail(connection_.get());
  bool ok = true;
  while (PGresult* result = PQgetResult(connection_.get())) {
    ok = ok && PQresultStatus(result) == PGRES_COMMAND_OK;
    PQclear(result);
  }
  if (!ok) fail(connection_.get());
}

void PostgresWriter::begin_row() { append(columns_); }

void PostgresWriter::end_row() {
  if (rows_.size() >= kFlushAt) flush();
}

void PostgresWriter::null() { append(std::int32_t{-1}); }

void PostgresWriter::text(std::string_view utf8) {
  append(static_cast<std::int32_t>(utf8.size()));
  rows_ += utf8;
}

void PostgresWriter::integer(std::int32_t value) { field(value); }

void PostgresWriter::thousandths(std::int32_t value) {
  field(std::bit_cast<std::int64_t>(value / 1000.0));  // correctly rounded: the same everywhere
}

void PostgresWriter::boolean(bool value) { field(static_cast<std::int8_t>(value)); }

void PostgresWriter::timestamp(Instant value) {
  field(std::int64_t{(value - kPostgresEpoch).count()});
}

void PostgresWriter::commit() {
  for (const char* table : {"play_history", "analysis_snapshots"}) {
    const std::string name = table;
    execute(("SELECT setval(pg_get_serial_sequence('" + name + "', 'id'), max(id)) FROM " + name)
                .c_str());
  }
  execute("COMMIT");
  execute(
      "VACUUM (ANALYZE) artists, tracks, track_artists, play_history, analysis_snapshots, "
      "playlist_config");
}

void PostgresWriter::execute(const char* sql) {
  const std::unique_ptr<PGresult, decltype(&PQclear)> result(PQexec(connection_.get(), sql),
                                                             &PQclear);
  const ExecStatusType status = PQresultStatus(result.get());
  if (status != PGRES_COMMAND_OK && status != PGRES_TUPLES_OK) fail(connection_.get());
}

void PostgresWriter::flush() {
  if (PQputCopyData(connection_.get(), rows_.data(), static_cast<int>(rows_.size())) != 1) {
    fail(connection_.get());
  }
  rows_.clear();
}

/// Network byte order.
template <typename Integer>
void PostgresWriter::append(Integer value) {
  char bytes[sizeof value];
  for (std::size_t i = 0; i < sizeof value; ++i) {
    bytes[i] = static_cast<char>(value >> 8 * (sizeof value - 1 - i));
  }
  rows_.append(bytes, sizeof value);
}

template <typename Integer>
void PostgresWriter::field(Integer value) {
  append(static_cast<std::int32_t>(sizeof value));
  append(value);
}

}  // namespace music_generator
