#include "core/sqlite/statement.hpp"

#include "core/sqlite/failure.hpp"

#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

void check_bind(int result, sqlite3_stmt* statement) {
  check(result, sqlite3_db_handle(statement), "bind a value");
}

}  // namespace

void Statement::Finalize::operator()(sqlite3_stmt* handle) const noexcept {
  sqlite3_finalize(handle);
}

Statement& Statement::bind(int index, std::nullopt_t) {
  check_bind(sqlite3_bind_null(handle_.get(), index + 1), handle_.get());
  return *this;
}

Statement& Statement::bind(int index, std::int64_t value) {
  check_bind(sqlite3_bind_int64(handle_.get(), index + 1, value), handle_.get());
  return *this;
}

Statement& Statement::bind(int index, double value) {
  check_bind(sqlite3_bind_double(handle_.get(), index + 1, value), handle_.get());
  return *this;
}

Statement& Statement::bind(int index, std::string_view text) {
  // A null data pointer would bind NULL instead of an empty text.
  check_bind(sqlite3_bind_text64(handle_.get(), index + 1, text.empty() ? "" : text.data(),
                                 text.size(), SQLITE_TRANSIENT, SQLITE_UTF8),
             handle_.get());
  return *this;
}

Statement& Statement::bind_view(int index, std::string_view text) {
  check_bind(sqlite3_bind_text64(handle_.get(), index + 1, text.empty() ? "" : text.data(),
                                 text.size(), SQLITE_STATIC, SQLITE_UTF8),
             handle_.get());
  return *this;
}

Statement& Statement::bind_blob_view(int index, std::string_view bytes) {
  check_bind(sqlite3_bind_blob64(handle_.get(), index + 1, bytes.empty() ? "" : bytes.data(),
                                 bytes.size(), SQLITE_STATIC),
             handle_.get());
  return *this;
}

Statement& Statement::bind(int index, const Blob& blob) {
  check_bind(
      sqlite3_bind_blob64(handle_.get(), index + 1, blob.bytes.empty() ? "" : blob.bytes.data(),
                          blob.bytes.size(), SQLITE_TRANSIENT),
      handle_.get());
  return *this;
}

Statement& Statement::bind(int index, const Value& value) {
  struct Binder {
    Statement& statement;
    int index;
    void operator()(std::monostate) const { statement.bind(index, std::nullopt); }
    void operator()(std::int64_t integer) const { statement.bind(index, integer); }
    void operator()(double real) const { statement.bind(index, real); }
    void operator()(const std::string& text) const { statement.bind(index, text); }
    void operator()(const Blob& blob) const { statement.bind(index, blob); }
  };
  std::visit(Binder{*this, index}, value);
  return *this;
}

bool Statement::step() {
  const int result = sqlite3_step(handle_.get());
  if (result == SQLITE_ROW) return true;
  if (result == SQLITE_DONE) return false;
  sqlite3* database = sqlite3_db_handle(handle_.get());
  const char* sql = sqlite3_sql(handle_.get());
  fail(result, database, "run \"" + std::string(sql != nullptr ? sql : "").substr(0, 200) + "\"");
}

void Statement::run() {
  while (step()) {
  }
  reset();
}

void Statement::reset() noexcept { sqlite3_reset(handle_.get()); }

int Statement::column_count() const noexcept { return sqlite3_column_count(handle_.get()); }

std::string Statement::column_name(int column) const {
  const char* name = sqlite3_column_name(handle_.get(), column);
  return name != nullptr ? name : "";
}

std::pair<std::string, std::string> Statement::origin(int column) const {
  const char* table = sqlite3_column_table_name(handle_.get(), column);
  const char* name = sqlite3_column_origin_name(handle_.get(), column);
  if (table == nullptr || name == nullptr) return {};
  return {table, name};
}

Statement::Kind Statement::kind(int column) const noexcept {
  switch (sqlite3_column_type(handle_.get(), column)) {
    case SQLITE_INTEGER:
      return Kind::integer;
    case SQLITE_FLOAT:
      return Kind::real;
    case SQLITE_TEXT:
      return Kind::text;
    case SQLITE_BLOB:
      return Kind::blob;
    default:
      return Kind::null;
  }
}

bool Statement::is_null(int column) const noexcept {
  return sqlite3_column_type(handle_.get(), column) == SQLITE_NULL;
}

std::int64_t Statement::integer(int column) const noexcept {
  return sqlite3_column_int64(handle_.get(), column);
}

double Statement::real(int column) const noexcept {
  return sqlite3_column_double(handle_.get(), column);
}

std::string_view Statement::text(int column) const noexcept {
  const auto* bytes = reinterpret_cast<const char*>(sqlite3_column_text(handle_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

std::string_view Statement::blob(int column) const noexcept {
  const auto* bytes = static_cast<const char*>(sqlite3_column_blob(handle_.get(), column));
  if (bytes == nullptr) return {};
  return {bytes, static_cast<std::size_t>(sqlite3_column_bytes(handle_.get(), column))};
}

Value Statement::value(int column) const {
  switch (kind(column)) {
    case Kind::integer:
      return integer(column);
    case Kind::real:
      return real(column);
    case Kind::text:
      return std::string(text(column));
    case Kind::blob:
      return Blob{std::string(blob(column))};
    case Kind::null:
      break;
  }
  return std::monostate{};
}

}  // namespace playmirror::sqlite
