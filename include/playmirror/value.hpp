#pragma once

#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

namespace playmirror {

/// Raw bytes of a SQLite BLOB.
struct Blob {
  std::string bytes = {};

  friend bool operator==(const Blob&, const Blob&) = default;
};

/// One SQL value: NULL, integer, real, text (UTF-8) or blob.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

/// One column of a Table: a name and one value for each row.
struct Column {
  std::string name = {};
  std::vector<Value> values = {};
};

/// The result of sql(): columns of equal length, in the order of the SELECT list.
/// A plain value that owns its data; it stays valid after the mirror is closed.
struct Table {
  std::vector<Column> columns = {};

  [[nodiscard]] std::size_t row_count() const noexcept {
    return columns.empty() ? 0 : columns.front().values.size();
  }
};

}  // namespace playmirror
