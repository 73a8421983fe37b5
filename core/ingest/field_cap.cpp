#include "core/ingest/field_cap.hpp"

#include "core/ingest/key_text.hpp"
#include "core/text/utf8.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <string>

namespace playmirror::ingest {
namespace {

/// A longer key is cut: it only has to be recognised.
constexpr std::size_t kKeyBytes = 256;

/// The key as it may stand in a message: whole characters, and none that controls a terminal.
std::string name_of_text_key(std::string_view key) {
  if (key.size() > kKeyBytes) {
    std::size_t end = kKeyBytes;
    while (end > 0 && (static_cast<unsigned char>(key[end]) & 0xC0U) == 0x80U) --end;
    key = key.substr(0, end);
  }
  const auto is_control = [](unsigned char c) { return c < 0x20 || c == 0x7f; };
  if (!text::is_server_text(key) || std::ranges::any_of(key, is_control)) return "a row";
  return "row " + std::string(key);
}

std::string name_of(const RowName& row) {
  if (row.key == nullptr) return "a row";
  if (row.key->kind != schema::ValueKind::integer) return name_of_text_key(row.key_bytes);
  const std::string key = key_text(row.key->kind, row.key_bytes);
  return key.empty() ? "a row" : "row " + key;
}

}  // namespace

void refuse_large_field(const RowName& row, std::string_view column, std::int64_t size,
                        std::int64_t cap) {
  raise(ErrorCode::value_too_large,
        "column " + std::string(column) + " of " + name_of(row) + " in " + std::string(row.table) +
            " has " + std::to_string(size) + " bytes; the cap is " + std::to_string(cap),
        {.hint = "Raise field_cap, or shorten the value on the server.",
         .outcome = Outcome::rolled_back});
}

}  // namespace playmirror::ingest
