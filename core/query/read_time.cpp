#include "core/query/read_time.hpp"

#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <string>

namespace playmirror::query {

Timestamp read_time(const sqlite::Statement& row, int column, std::string_view name) {
  const std::string_view text = row.text(column);
  const auto micros = parse_postgres(text);
  if (!micros) {
    raise(ErrorCode::damaged,
          "column " + std::string(name) + " of row " + std::string(row.text(0)) + " holds \"" +
              std::string(text.substr(0, 60)) + "\", which is not a timestamp",
          {.hint =
               "Something else wrote to the mirror; verify() against the server finds all of it."});
  }
  return Timestamp::from_postgres_micros(*micros);
}

}  // namespace playmirror::query
