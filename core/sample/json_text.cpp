#include "core/sample/json_text.hpp"

#include <bit>

namespace playmirror::sample {
namespace {

/// Removes the first character of well-formed UTF-8 and returns its code point.
std::uint32_t take_code_point(std::string_view& utf8) {
  const auto byte = [&](std::size_t i) { return static_cast<std::uint8_t>(utf8[i]); };
  const auto length = static_cast<std::size_t>(std::countl_one(byte(0)));
  if (length == 0) {
    const std::uint32_t ascii = byte(0);
    utf8.remove_prefix(1);
    return ascii;
  }
  std::uint32_t point = byte(0) & (0x7fu >> length);
  for (std::size_t i = 1; i < length; ++i) point = point << 6 | (byte(i) & 0x3fu);
  utf8.remove_prefix(length);
  return point;
}

void append_escape(std::string& text, std::uint32_t utf16) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  text += "\\u";
  for (int shift = 12; shift >= 0; shift -= 4) text += kDigits[utf16 >> shift & 0xf];
}

}  // namespace

void JsonText::separate() {
  if (text_.empty()) return;
  const char last = text_.back();
  if (last != '{' && last != '[' && last != ' ') text_ += ", ";
}

JsonText& JsonText::open(char bracket) {
  separate();
  text_ += bracket;
  return *this;
}

JsonText& JsonText::close(char bracket) {
  text_ += bracket;
  return *this;
}

JsonText& JsonText::key(std::string_view name) {
  separate();
  append_quoted(name);
  text_ += ": ";
  return *this;
}

JsonText& JsonText::string(std::string_view utf8) {
  separate();
  append_quoted(utf8);
  return *this;
}

JsonText& JsonText::integer(std::int64_t value) { return verbatim(std::to_string(value)); }

JsonText& JsonText::thousandths(std::int64_t value) {
  const std::int64_t size = value < 0 ? -value : value;
  std::string number = value < 0 ? "-" : "";
  number += std::to_string(size / 1000);
  number += '.';
  number += std::to_string(1000 + size % 1000).substr(1);
  while (number.back() == '0' && number[number.size() - 2] != '.') number.pop_back();
  return verbatim(number);
}

JsonText& JsonText::boolean(bool value) { return verbatim(value ? "true" : "false"); }

JsonText& JsonText::null() { return verbatim("null"); }

JsonText& JsonText::verbatim(std::string_view json) {
  separate();
  text_ += json;
  return *this;
}

void JsonText::append_quoted(std::string_view utf8) {
  text_ += '"';
  while (!utf8.empty()) {
    const std::uint32_t point = take_code_point(utf8);
    if (point == '"' || point == '\\') {
      text_ += {'\\', static_cast<char>(point)};
    } else if (point == '\n') {
      text_ += "\\n";
    } else if (point >= 0x20 && point < 0x7f) {
      text_ += static_cast<char>(point);
    } else if (point < 0x10000) {
      append_escape(text_, point);
    } else {
      append_escape(text_, 0xd800 + ((point - 0x10000) >> 10));
      append_escape(text_, 0xdc00 + ((point - 0x10000) & 0x3ff));
    }
  }
  text_ += '"';
}

}  // namespace playmirror::sample
