// Writes JSON exactly as Python's json.dumps does by default, which is how the backend's ORM stores
// it: ", " and ": " between things, and everything outside ASCII as \uXXXX.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

namespace playmirror::sample {

/// Nothing checks that the calls make a document: open and close in pairs, a key before each
/// member.
class JsonText {
 public:
  JsonText& open_object() { return open('{'); }
  JsonText& open_array() { return open('['); }
  JsonText& close_object() { return close('}'); }
  JsonText& close_array() { return close(']'); }

  JsonText& key(std::string_view name);
  JsonText& string(std::string_view utf8);
  JsonText& integer(std::int64_t value);
  JsonText& thousandths(std::int64_t value);  ///< -7345 is written as -7.345, 500 as 0.5
  JsonText& boolean(bool value);
  JsonText& null();
  JsonText& verbatim(std::string_view json);  ///< a value that is JSON already

  JsonText& member(std::string_view name, std::string_view utf8) { return key(name).string(utf8); }
  JsonText& member(std::string_view name, std::int64_t value) { return key(name).integer(value); }

  std::string_view text() const { return text_; }
  void clear() { text_.clear(); }

 private:
  JsonText& open(char bracket);
  JsonText& close(char bracket);
  void separate();
  void append_quoted(std::string_view utf8);

  std::string text_;
};

}  // namespace playmirror::sample
