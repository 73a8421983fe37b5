#pragma once

#include "core/import/byte_source.hpp"

#include <cstdint>
#include <functional>
#include <optional>
#include <set>
#include <span>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

/// Reading JSON as a stream of rows, with the memory of one row.
///
/// A place in a document is a path: names joined by dots, and "[]" for any element of an array. In
/// `[{"track": [{"name": "A"}]}]` the "A" is at "[].track[].name".
namespace playmirror::import {

/// One object of a document, reduced to the values at certain paths below it.
class JsonRow {
 public:
  using Value = std::variant<std::monostate, bool, std::int64_t, double, std::string>;

  /// `paths` are relative to the row, and must outlive it.
  explicit JsonRow(std::span<const std::string_view> paths)
      : paths_(paths), values_(paths.size()) {}

  /// The text of a field; nothing when it is missing, null, empty or no text.
  [[nodiscard]] std::optional<std::string> text(std::size_t field) const;
  /// All texts at a path through an array.
  [[nodiscard]] const std::vector<std::string>& texts(std::size_t field) const;
  /// A whole number, also one written as text; nothing for any other.
  [[nodiscard]] std::optional<std::int64_t> integer(std::size_t field) const;
  [[nodiscard]] std::optional<double> number(std::size_t field) const;
  [[nodiscard]] std::optional<bool> boolean(std::size_t field) const;

  /// Whether all texts are what the server takes: UTF-8 without NUL.
  [[nodiscard]] bool is_clean() const;

  // For the reader.
  void put(std::string_view path, Value value);
  void clear();

 private:
  struct Field {
    Value value = {};
    std::vector<std::string> all = {};  ///< of a path through an array
  };
  std::span<const std::string_view> paths_;
  std::vector<Field> values_;
};

/// Calls `use` for each object at the path `place`; "" is the document itself, of which several may
/// follow each other. Throws ReadProblem when the bytes are not JSON, and what `use` throws.
void for_each_row(ByteSource& bytes, std::string_view place,
                  std::span<const std::string_view> paths,
                  const std::function<void(const JsonRow&)>& use);

/// The paths of the values at the beginning of a document: of its first few hundred values. Never
/// throws for what is no JSON: then they end early.
[[nodiscard]] std::set<std::string> first_paths(ByteSource& bytes);

}  // namespace playmirror::import
