#include "core/query/sql_columns.hpp"

#include "core/text/utf8.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/column_builder.hpp>

#include <array>
#include <bit>
#include <charconv>
#include <utility>

namespace playmirror::query {
namespace {

constexpr std::int64_t kLargestExact = std::int64_t{1} << 53;  ///< integers up to it have a double

unsigned bit_of(sqlite::Statement::Kind kind) { return 1U << static_cast<unsigned>(kind); }

template <typename Number>
std::string shortest(Number number) {
  std::array<char, 32> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), number).ptr;
  return {text.data(), end};
}

}  // namespace

SqlColumn::SqlColumn(std::string name, std::optional<schema::ValueKind> declared)
    : name_(std::move(name)), declared_(declared) {}

std::int64_t SqlColumn::add(const sqlite::Statement& row, int column) {
  const Kind kind = row.kind(column);
  const std::size_t before = bytes_.size();
  std::int64_t word = 0;
  switch (kind) {
    case Kind::integer:
      word = row.integer(column);
      break;
    case Kind::real:
      word = std::bit_cast<std::int64_t>(row.real(column));
      break;
    case Kind::text:
      bytes_ += row.text(column);
      break;
    case Kind::blob:
      bytes_ += row.blob(column);
      break;
    case Kind::null:
      break;
  }
  if (kind == Kind::text || kind == Kind::blob) word = std::ssize(bytes_);
  seen_ |= bit_of(kind);
  kinds_.push_back(kind);
  words_.push_back(word);
  return static_cast<std::int64_t>(bytes_.size() - before + sizeof(Kind) + sizeof(word));
}

Column SqlColumn::finish() && {
  if (auto declared = as_declared()) return *std::move(declared);
  return as(type_of_values());
}

bool SqlColumn::has(Kind kind) const noexcept { return (seen_ & bit_of(kind)) != 0; }

bool SqlColumn::has_only(Kind kind) const noexcept {
  return (seen_ & ~(bit_of(kind) | bit_of(Kind::null))) == 0;
}

std::optional<Column> SqlColumn::as_declared() const {
  if (!declared_) return std::nullopt;
  switch (*declared_) {
    case schema::ValueKind::boolean:
      if (has_only(Kind::integer) && has_integers_within(0, 1)) return as(ColumnType::boolean);
      break;
    case schema::ValueKind::integer:
      if (has_only(Kind::integer)) return as(ColumnType::int64);
      break;
    case schema::ValueKind::real32:
    case schema::ValueKind::real64:
      if (has_only(Kind::real)) return as(ColumnType::float64);
      break;
    case schema::ValueKind::text:
      if (has_only(Kind::text) && is_utf8()) return as(ColumnType::utf8);
      break;
    case schema::ValueKind::json:
      if (has_only(Kind::text) && is_utf8()) return as(ColumnType::json);
      break;
    case schema::ValueKind::timestamp:
    case schema::ValueKind::timestamptz:
      if (has_only(Kind::text)) return as_timestamps();
      break;
  }
  return std::nullopt;
}

ColumnType SqlColumn::type_of_values() const {
  if (has_only(Kind::null)) return ColumnType::null;
  if (has_only(Kind::integer)) return ColumnType::int64;
  if (has_only(Kind::real)) return ColumnType::float64;
  const bool only_numbers = !has(Kind::text) && !has(Kind::blob);
  if (only_numbers && has_integers_within(-kLargestExact, kLargestExact)) {
    return ColumnType::float64;
  }
  return has(Kind::blob) || !is_utf8() ? ColumnType::binary : ColumnType::utf8;
}

bool SqlColumn::has_integers_within(std::int64_t least, std::int64_t most) const {
  for (std::size_t row = 0; row < kinds_.size(); ++row) {
    if (kinds_[row] == Kind::integer && (words_[row] < least || words_[row] > most)) return false;
  }
  return true;
}

bool SqlColumn::is_utf8() const {
  if (!text::is_utf8(bytes_)) return false;
  // A character may not be cut between two texts either.
  std::size_t begin = 0;
  for (std::size_t row = 0; row < kinds_.size(); ++row) {
    if (kinds_[row] != Kind::text && kinds_[row] != Kind::blob) continue;
    const bool inside =
        begin < bytes_.size() && (static_cast<unsigned char>(bytes_[begin]) >> 6) == 2;
    if (inside) return false;
    begin = static_cast<std::size_t>(words_[row]);
  }
  return true;
}

std::optional<Column> SqlColumn::as_timestamps() const {
  ColumnBuilder builder({name_, ColumnType::timestamp});
  builder.reserve(kinds_.size());
  std::size_t begin = 0;
  for (std::size_t row = 0; row < kinds_.size(); ++row) {
    if (kinds_[row] == Kind::null) {
      builder.add_null();
      continue;
    }
    const auto end = static_cast<std::size_t>(words_[row]);
    const auto micros = parse_postgres(std::string_view(bytes_).substr(begin, end - begin));
    if (!micros) return std::nullopt;
    builder.add_timestamp(Timestamp::from_postgres_micros(*micros));
    begin = end;
  }
  return std::move(builder).finish();
}

Column SqlColumn::as(ColumnType type) const {
  ColumnBuilder builder({name_, type});
  builder.reserve(kinds_.size());
  std::size_t begin = 0;
  for (std::size_t row = 0; row < kinds_.size(); ++row) {
    const Kind kind = kinds_[row];
    const std::int64_t word = words_[row];
    std::string_view bytes;
    std::string printed;
    if (kind == Kind::text || kind == Kind::blob) {
      bytes = std::string_view(bytes_).substr(begin, static_cast<std::size_t>(word) - begin);
      begin = static_cast<std::size_t>(word);
    }
    if (kind == Kind::null) {
      builder.add_null();
    } else if (type == ColumnType::boolean) {
      builder.add_boolean(word != 0);
    } else if (type == ColumnType::int64) {
      builder.add_integer(word);
    } else if (type == ColumnType::float64) {
      builder.add_real(kind == Kind::real ? std::bit_cast<double>(word)
                                          : static_cast<double>(word));
    } else {
      if (kind == Kind::integer) bytes = printed = shortest(word);
      if (kind == Kind::real) bytes = printed = shortest(std::bit_cast<double>(word));
      type == ColumnType::binary ? builder.add_bytes(bytes) : builder.add_text(bytes);
    }
  }
  return std::move(builder).finish();
}

void SqlResult::begin(const sqlite::Statement& statement) {
  columns_.clear();
  auto declared = database_.prepare(
      "SELECT server_type FROM playmirror_columns WHERE table_name = ? AND name = ?");
  for (int column = 0; column < statement.column_count(); ++column) {
    const auto [table, name] = statement.origin(column);
    std::optional<schema::ValueKind> kind;
    declared.reset();
    if (!table.empty() && declared.bind_all(table, name).step()) {
      kind = schema::kind_of(declared.text(0));
    }
    columns_.emplace_back(statement.column_name(column), kind);
  }
}

std::int64_t SqlResult::add(const sqlite::Statement& row) {
  std::int64_t bytes = 0;
  int index = 0;
  for (SqlColumn& column : columns_) bytes += column.add(row, index++);
  return bytes;
}

Table SqlResult::finish() && {
  std::vector<Column> finished;
  for (SqlColumn& column : columns_) finished.push_back(std::move(column).finish());
  columns_.clear();
  return Table(std::move(finished));
}

}  // namespace playmirror::query
