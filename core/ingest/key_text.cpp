#include "core/ingest/key_text.hpp"

#include "core/ingest/copy_splitter.hpp"

namespace playmirror::ingest {
namespace {

constexpr char kSeparator = '\x1f';
constexpr char kEscape = '\x1e';

}  // namespace

std::string join_key(const std::vector<std::string>& parts) {
  std::string key;
  for (const std::string& part : parts) {
    if (&part != &parts.front()) key += kSeparator;
    for (const char c : part) {
      if (c == kSeparator || c == kEscape) key += kEscape;
      key += c;
    }
  }
  return key;
}

std::vector<std::string> split_key(std::string_view key) {
  std::vector<std::string> parts(1);
  for (std::size_t i = 0; i < key.size(); ++i) {
    if (key[i] == kSeparator) {
      parts.emplace_back();
      continue;
    }
    if (key[i] == kEscape && i + 1 < key.size()) ++i;
    parts.back() += key[i];
  }
  return parts;
}

std::string key_text(schema::ValueKind kind, std::string_view bytes) {
  if (kind != schema::ValueKind::integer) return std::string(bytes);
  switch (bytes.size()) {
    case 2:
      return std::to_string(read_big_endian<std::int16_t>(bytes.data()));
    case 4:
      return std::to_string(read_big_endian<std::int32_t>(bytes.data()));
    case 8:
      return std::to_string(read_big_endian<std::int64_t>(bytes.data()));
    default:
      return {};
  }
}

}  // namespace playmirror::ingest
