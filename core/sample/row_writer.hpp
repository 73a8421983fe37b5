// Where generated rows go: a server, or files.
#pragma once

#include "core/sample/local_time.hpp"

#include <cstdint>
#include <span>
#include <string_view>

namespace playmirror::sample {

/// Takes one table after the other, row by row, field by field in the order of the columns named.
/// Any call may throw std::runtime_error when the rows cannot be stored.
class RowWriter {
 public:
  virtual ~RowWriter() = default;

  virtual void begin_table(std::string_view table, std::span<const std::string_view> columns) = 0;
  virtual void end_table() = 0;

  virtual void begin_row() = 0;
  virtual void end_row() = 0;

  virtual void null() = 0;
  virtual void text(std::string_view utf8) = 0;  ///< varchar, text and json
  virtual void integer(std::int32_t value) = 0;
  virtual void thousandths(std::int32_t value) = 0;  ///< a float column; -7345 means -7.345
  virtual void boolean(bool value) = 0;
  virtual void timestamp(Instant value) = 0;
};

}  // namespace playmirror::sample
