#include "core/ingest/field_cap.hpp"

#include "core/ingest/copy_splitter.hpp"

#include <playmirror/error.hpp>

#include <string>

namespace playmirror::ingest {
namespace {

/// A longer key is cut: it only has to be recognised.
constexpr std::size_t kKeyBytes = 256;

std::string name_of(const RowName& row) {
  if (row.key == nullptr) return "a row";
  if (row.key->kind != schema::ValueKind::integer) {
    return "row " + std::string(row.key_bytes.substr(0, kKeyBytes));
  }
  switch (row.key_bytes.size()) {
    case 2:
      return "row " + std::to_string(read_big_endian<std::int16_t>(row.key_bytes.data()));
    case 4:
      return "row " + std::to_string(read_big_endian<std::int32_t>(row.key_bytes.data()));
    case 8:
      return "row " + std::to_string(read_big_endian<std::int64_t>(row.key_bytes.data()));
    default:
      return "a row";
  }
}

}  // namespace

void refuse_large_field(const RowName& row, std::string_view column, std::int64_t size,
                        std::int64_t cap) {
  raise(ErrorCode::value_too_large,
        "column " + std::string(column) + " of " + name_of(row) + " in " + std::string(row.table) +
            " has " + std::to_string(size) + " bytes; the cap is " + std::to_string(cap),
        {.hint = "Raise PullOptions::field_cap, or shorten the value on the server.",
         .outcome = Outcome::rolled_back});
}

}  // namespace playmirror::ingest
