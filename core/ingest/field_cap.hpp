#pragma once

#include "core/schema/layout.hpp"

#include <cstdint>
#include <string_view>

/// The refusal of a field that is larger than the caller allows.
namespace playmirror::ingest {

/// A row as far as it is needed to name it: the first column of its key, as it travels.
struct RowName {
  std::string_view table;
  const schema::ColumnLayout* key = nullptr;  ///< nullptr: the row cannot be named
  std::string_view key_bytes = {};
};

/// Throws `value_too_large`, which names the table, the row, the column and the size.
[[noreturn]] void refuse_large_field(const RowName& row, std::string_view column, std::int64_t size,
                                     std::int64_t cap);

}  // namespace playmirror::ingest
