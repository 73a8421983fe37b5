#pragma once

#include <playmirror/export.hpp>
#include <playmirror/table.hpp>

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>

namespace playmirror {

/// Makes a Column from values added one after another. Belongs to one thread. A value that does not
/// fit the type of the column, and text that is not UTF-8, throw InvalidArgument.
class PLAYMIRROR_EXPORT ColumnBuilder {
 public:
  explicit ColumnBuilder(Field field);  ///< an empty column of that name and type
  ColumnBuilder(ColumnBuilder&&) noexcept;
  ColumnBuilder& operator=(ColumnBuilder&&) noexcept;
  ~ColumnBuilder();

  void reserve(std::size_t rows);                      ///< makes room for so many in all
  void add_null();                                     ///< to any type
  void add_boolean(bool value);                        ///< to boolean
  void add_integer(std::int64_t value);                ///< to int64
  void add_real(double value);                         ///< to float64
  void add_text(std::string_view value);               ///< to utf8, json and dictionary; bytes that
                                                       ///< are not UTF-8 become U+FFFD
  void add_bytes(std::string_view value);              ///< to binary
  void add_date(std::chrono::sys_days value);          ///< to date
  void add_timestamp(Timestamp value);                 ///< to timestamp
  void add_list(std::span<const std::string> values);  ///< to list; texts likewise

  /// The column; the builder is spent.
  [[nodiscard]] Column finish() &&;

 private:
  struct Impl;
  std::unique_ptr<Impl> impl_;
};

}  // namespace playmirror
