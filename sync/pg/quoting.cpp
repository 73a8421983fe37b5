// Names, literals and arrays in the server's syntax. Written here and not taken from PQescape*:
// those need a live connection, and have had holes of their own (CVE-2025-1094).

#include "sync/pg/connection_impl.hpp"

#include <playmirror/error.hpp>

namespace playmirror::pg {
namespace {

// NAMEDATALEN - 1: the server cuts longer names, and would then mean another object.
constexpr std::size_t kLongestName = 63;

std::string with_doubled(std::string_view text, std::string_view special) {
  std::string doubled;
  doubled.reserve(text.size() + 8);
  for (const char c : text) {
    if (special.find(c) != std::string_view::npos) doubled += c;
    doubled += c;
  }
  return doubled;
}

}  // namespace

void refuse_nul(std::string_view text, const char* what) {
  if (text.find('\0') != std::string_view::npos) {
    raise(ErrorCode::invalid_argument, std::string(what) + " holds a zero byte",
          {.hint = "PostgreSQL cannot store zero bytes in text."});
  }
}

std::string quoted(std::string_view name) {
  refuse_nul(name, "a name");
  if (name.empty() || name.size() > kLongestName) {
    raise(ErrorCode::invalid_argument,
          "a name must have 1 to " + std::to_string(kLongestName) + " bytes, not " +
              std::to_string(name.size()),
          {.hint = "Give a name of PostgreSQL, such as public."});
  }
  return '"' + with_doubled(name, "\"") + '"';
}

std::string literal(std::string_view text) {
  refuse_nul(text, "a text");
  // E'' means the same whether standard_conforming_strings is on or off; a role can turn it off.
  if (text.find('\\') != std::string_view::npos) return "E'" + with_doubled(text, "'\\") + "'";
  return "'" + with_doubled(text, "'") + "'";
}

std::string text_array(std::span<const Parameter> elements) {
  std::string array = "{";
  for (const Parameter& element : elements) {
    if (array.size() > 1) array += ',';
    if (!element) {
      array += "NULL";
      continue;
    }
    refuse_nul(*element, "a text");
    array += '"';
    for (const char c : *element) {
      if (c == '"' || c == '\\') array += '\\';
      array += c;
    }
    array += '"';
  }
  return array + '}';
}

}  // namespace playmirror::pg
