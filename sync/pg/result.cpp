// Access to libpq's results, with the checks that a value from outside needs.

#include "sync/pg/result.hpp"

#include <playmirror/error.hpp>

#include <charconv>
#include <libpq-fe.h>

namespace playmirror::pg {
namespace {

[[noreturn]] void unexpected(const pg_result* result, int column, const char* wanted) {
  const char* name = PQfname(result, column);
  raise(ErrorCode::server_protocol, std::string("the server's answer holds no ") + wanted +
                                        " in column " + std::to_string(column) +
                                        (name != nullptr ? "" : ", which does not exist"));
}

std::int64_t whole_number(std::string_view text, bool& good) {
  std::int64_t value = 0;
  const char* end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, value);
  good = error == std::errc() && stop == end;
  return value;
}

}  // namespace

int Row::size() const noexcept { return PQnfields(result_); }

bool Row::is_null(int column) const noexcept { return PQgetisnull(result_, row_, column) != 0; }

std::string_view Row::bytes(int column) const noexcept {
  const char* value = PQgetvalue(result_, row_, column);
  if (value == nullptr) return {};
  return {value, static_cast<std::size_t>(PQgetlength(result_, row_, column))};
}

std::string Row::text(int column) const { return std::string(bytes(column)); }

std::int64_t Row::integer(int column) const {
  bool good = false;
  const std::int64_t value = whole_number(bytes(column), good);
  if (!good) unexpected(result_, column, "whole number");
  return value;
}

bool Row::boolean(int column) const {
  const std::string_view value = bytes(column);
  if (value != "t" && value != "f") unexpected(result_, column, "truth value");
  return value == "t";
}

int Result::size() const noexcept { return PQntuples(result_.get()); }

std::int64_t Result::affected() const {
  bool good = false;
  const std::int64_t rows = whole_number(PQcmdTuples(result_.get()), good);
  return good ? rows : 0;
}

void Result::Clear::operator()(pg_result* result) const noexcept { PQclear(result); }

}  // namespace playmirror::pg
