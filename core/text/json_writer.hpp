#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::text {

/// Writes JSON without blanks. Nothing checks that the calls make a document: open and close in
/// pairs, a key before each member.
class JsonWriter {
 public:
  JsonWriter& open(char bracket);   ///< '{' or '['
  JsonWriter& close(char bracket);  ///< '}' or ']'
  JsonWriter& key(std::string_view name);

  JsonWriter& value(std::string_view utf8);
  JsonWriter& value(const char* utf8) { return value(std::string_view(utf8)); }
  JsonWriter& value(const std::string& utf8) { return value(std::string_view(utf8)); }
  JsonWriter& value(std::int64_t number);
  JsonWriter& value(bool truth);

  /// The shortest digits that read back as the same number; null for one that is not finite.
  JsonWriter& value(double number);

  JsonWriter& value(std::nullopt_t);
  template <typename T>
  JsonWriter& value(const std::optional<T>& optional) {
    return optional ? value(*optional) : value(std::nullopt);
  }
  template <typename T>
  JsonWriter& value(const std::vector<T>& list) {
    open('[');
    for (const T& each : list) value(each);
    return close(']');
  }

  template <typename T>
  JsonWriter& member(std::string_view name, const T& each) {
    return key(name).value(each);
  }

  [[nodiscard]] std::string take() && { return std::move(text_); }

 private:
  void separate();
  void quote(std::string_view utf8);

  std::string text_;
  bool first_ = true;
};

}  // namespace playmirror::text
