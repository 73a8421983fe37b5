#include "core/outbox/new_row.hpp"

#include "core/ingest/odd_values.hpp"
#include "core/text/json_levels.hpp"
#include "core/text/utf8.hpp"

#include <playmirror/error.hpp>

#include <cmath>
#include <limits>

namespace playmirror::outbox {
namespace {

/// The cap of a pull's fields too: what could not be pulled back must not be recorded.
constexpr std::size_t kFieldCap = 64 << 20;

/// Every SQLite reads JSON of so many levels; some read 2,000.
constexpr std::size_t kDeepestJson = 1000;

}  // namespace

void check_text(std::string_view what, std::string_view text) {
  if (text.size() > kFieldCap) {
    raise(ErrorCode::value_too_large,
          std::string(what) + " has " + std::to_string(text.size()) + " bytes; the most is " +
              std::to_string(kFieldCap),
          {.hint = "Shorten the value."});
  }
  if (!text::is_server_text(text)) {
    raise(ErrorCode::invalid_argument,
          std::string(what) + " is not text that the server accepts (UTF-8 without NUL)",
          {.hint = "Decode the value with its real encoding first."});
  }
}

void NewRow::add(std::string_view column, std::optional<std::string> text, Value value) {
  image_.fields.emplace_back(std::string(column), std::move(text));
  values_.push_back(std::move(value));
}

NewRow& NewRow::text(std::string_view column, const std::optional<std::string>& value) {
  if (value) check_text(column, *value);
  add(column, value, value ? Value(*value) : Value());
  return *this;
}

NewRow& NewRow::json(std::string_view column, const std::optional<std::string>& value) {
  if (value) {
    check_text(column, *value);
    auto valid = database_.prepare("SELECT json_valid(?)");
    valid.bind(0, *value);
    if (!valid.step() || valid.integer(0) == 0) {
      if (const std::size_t levels = text::json_levels(*value); levels > kDeepestJson) {
        raise(ErrorCode::invalid_argument,
              std::string(column) + " is nested " + std::to_string(levels) + " levels deep",
              {.hint = "SQLite reads JSON of up to 1,000 levels: store less deeply nested lists."});
      }
      raise(ErrorCode::invalid_argument, std::string(column) + " is not JSON",
            {.hint = "Pass the text of one JSON document."});
    }
  }
  add(column, value, value ? Value(*value) : Value());
  return *this;
}

NewRow& NewRow::integer(std::string_view column, const std::optional<std::int64_t>& value) {
  if (!value) {
    add(column, std::nullopt, Value());
  } else {
    add(column, std::to_string(*value), Value(*value));
  }
  return *this;
}

NewRow& NewRow::real(std::string_view column, const std::optional<double>& value) {
  if (!value) {
    add(column, std::nullopt, Value());
  } else {
    // SQLite turns NaN into NULL and -0.0 into 0.0: refused here rather than changed.
    if (std::isnan(*value) || (*value == 0 && std::signbit(*value))) {
      raise(ErrorCode::invalid_argument, std::string(column) + " is NaN or -0.0",
            {.hint = "Leave the value out, or pass 0."});
    }
    add(column, decimal(*value), Value(*value));
  }
  return *this;
}

NewRow& NewRow::boolean(std::string_view column, const std::optional<bool>& value) {
  if (!value) {
    add(column, std::nullopt, Value());
  } else {
    add(column, *value ? "t" : "f", Value(std::int64_t{*value}));
  }
  return *this;
}

NewRow& NewRow::time(std::string_view column, const std::optional<Timestamp>& value) {
  if (!value) {
    add(column, std::nullopt, Value());
    return *this;
  }
  const std::string text = value->to_postgres_string();
  if (!ingest::sorts_as_text(value->postgres_micros())) {
    ingest::mark_odd_times(database_, table_);
  }
  add(column, text, Value(text));
  return *this;
}

void NewRow::insert(std::int64_t provisional_id) {
  std::string columns;
  std::string marks;
  for (const auto& [column, text] : image_.fields) {
    columns += (columns.empty() ? "" : ", ") + sqlite::quoted(column);
    marks += marks.empty() ? "?" : ", ?";
  }
  if (provisional_id != 0) {
    columns += ", id";
    marks += ", ?";
  }
  auto statement = database_.prepare("INSERT INTO " + sqlite::quoted(table_) + " (" + columns +
                                     ") VALUES (" + marks + ")");
  int index = 0;
  for (const Value& value : values_) statement.bind(index++, value);
  if (provisional_id != 0) statement.bind(index, provisional_id);
  statement.run();
}

}  // namespace playmirror::outbox
