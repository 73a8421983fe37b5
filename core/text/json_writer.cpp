#include "core/text/json_writer.hpp"

#include "core/text/utf8.hpp"

#include <array>
#include <charconv>
#include <cmath>

namespace playmirror::text {

void JsonWriter::separate() {
  if (!first_) text_ += ',';
  first_ = false;
}

void JsonWriter::quote(std::string_view utf8) {
  if (!is_utf8(utf8)) return quote(with_replacements(utf8));
  text_ += '"';
  for (const char each : utf8) {
    if (each == '"' || each == '\\') {
      text_ += '\\';
      text_ += each;
    } else if (static_cast<unsigned char>(each) < 0x20) {
      text_ += "\\u00";
      text_ += "0123456789abcdef"[each >> 4];
      text_ += "0123456789abcdef"[each & 0xF];
    } else {
      text_ += each;
    }
  }
  text_ += '"';
}

JsonWriter& JsonWriter::open(char bracket) {
  separate();
  text_ += bracket;
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::close(char bracket) {
  text_ += bracket;
  first_ = false;
  return *this;
}

JsonWriter& JsonWriter::key(std::string_view name) {
  separate();
  quote(name);
  text_ += ':';
  first_ = true;
  return *this;
}

JsonWriter& JsonWriter::value(std::string_view utf8) {
  separate();
  quote(utf8);
  return *this;
}

JsonWriter& JsonWriter::value(std::int64_t number) {
  separate();
  text_ += std::to_string(number);
  return *this;
}

JsonWriter& JsonWriter::value(bool truth) {
  separate();
  text_ += truth ? "true" : "false";
  return *this;
}

JsonWriter& JsonWriter::value(double number) {
  if (!std::isfinite(number)) return value(std::nullopt);
  separate();
  std::array<char, 32> digits{};
  const auto end = std::to_chars(digits.data(), digits.data() + digits.size(), number).ptr;
  text_.append(digits.data(), end);
  return *this;
}

JsonWriter& JsonWriter::value(std::nullopt_t) {
  separate();
  text_ += "null";
  return *this;
}

}  // namespace playmirror::text
