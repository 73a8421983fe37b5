#pragma once

#include <cstdint>
#include <string>
#include <variant>

namespace playmirror {

/// Raw bytes, as of a SQLite BLOB.
struct Blob {
  std::string bytes = {};

  friend bool operator==(const Blob&, const Blob&) = default;
};

/// What sql() binds to a `?`: NULL, integer, real, text (UTF-8) or blob.
using Value = std::variant<std::monostate, std::int64_t, double, std::string, Blob>;

}  // namespace playmirror
