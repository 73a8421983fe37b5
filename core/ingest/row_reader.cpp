#include "core/ingest/row_reader.hpp"

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/odd_values.hpp"
#include "core/time/postgres_time.hpp"

#include <playmirror/error.hpp>

#include <bit>
#include <cmath>

namespace playmirror::ingest {
namespace {

constexpr std::size_t kTimeRoom = kPostgresTimeCapacity;

[[noreturn]] void refuse(const schema::ColumnLayout& column) {
  raise(ErrorCode::server_protocol,
        "the server sent a value of column " + column.name + " that is no " + column.server_type,
        {.outcome = Outcome::rolled_back});
}

}  // namespace

RowReader::RowReader(std::string_view rows, std::span<const schema::ColumnLayout> columns)
    : rest_(rows),
      columns_(columns),
      values_(columns.size()),
      micros_(columns.size()),
      times_(columns.size() * kTimeRoom) {}

bool RowReader::next() {
  if (rest_.empty()) return false;
  odd_time_ = false;
  odd_value_ = false;
  // The splitter has checked counts and lengths; this only walks.
  std::size_t position = 2;
  for (std::size_t field = 0; field < columns_.size(); ++field) {
    const auto length = read_big_endian<std::int32_t>(rest_.data() + position);
    position += 4;
    if (length < 0) {
      values_[field] = {};
      continue;
    }
    decode(field, rest_.substr(position, static_cast<std::size_t>(length)));
    position += static_cast<std::size_t>(length);
  }
  rest_.remove_prefix(position);
  return true;
}

void RowReader::decode(std::size_t field, std::string_view bytes) {
  const schema::ColumnLayout& column = columns_[field];
  StoredValue& stored = values_[field];
  stored.odd = {};
  switch (column.kind) {
    case schema::ValueKind::text:
    case schema::ValueKind::json:
      stored.value = bytes;
      return;
    case schema::ValueKind::integer:
      if (bytes.size() == 4) {
        stored.value = std::int64_t{read_big_endian<std::int32_t>(bytes.data())};
      } else if (bytes.size() == 8) {
        stored.value = read_big_endian<std::int64_t>(bytes.data());
      } else if (bytes.size() == 2) {
        stored.value = std::int64_t{read_big_endian<std::int16_t>(bytes.data())};
      } else {
        refuse(column);
      }
      return;
    case schema::ValueKind::boolean:
      if (bytes.size() != 1) refuse(column);
      stored.value = std::int64_t{bytes[0] != 0};
      return;
    case schema::ValueKind::real32:
    case schema::ValueKind::real64: {
      double value = 0;
      if (bytes.size() == 8) {
        value = std::bit_cast<double>(read_big_endian<std::uint64_t>(bytes.data()));
      } else if (bytes.size() == 4) {
        value = std::bit_cast<float>(read_big_endian<std::uint32_t>(bytes.data()));
      } else {
        refuse(column);
      }
      if (std::isnan(value)) {
        stored.value = std::monostate{};
        stored.odd = "NaN";
        odd_value_ = true;
      } else {
        stored.value = value;
        if (value == 0 && std::signbit(value)) {
          stored.value = 0.0;
          stored.odd = "-0";
          odd_value_ = true;
        }
      }
      return;
    }
    case schema::ValueKind::timestamp:
    case schema::ValueKind::timestamptz: {
      if (bytes.size() != 8) refuse(column);
      const auto micros = read_big_endian<std::int64_t>(bytes.data());
      if (!is_postgres_time(micros)) refuse(column);
      if (!sorts_as_text(micros)) odd_time_ = true;
      micros_[field] = micros;
      char* room = times_.data() + field * kTimeRoom;
      stored.value = std::string_view(room, format_postgres(micros, room));
      return;
    }
  }
}

std::string RowReader::key_text(std::size_t field) const {
  const auto& value = values_[field].value;
  if (const auto* text = std::get_if<std::string_view>(&value)) return std::string(*text);
  if (const auto* integer = std::get_if<std::int64_t>(&value)) return std::to_string(*integer);
  return {};
}

}  // namespace playmirror::ingest
