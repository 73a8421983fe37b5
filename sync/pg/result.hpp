#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <string_view>

struct pg_result;

namespace playmirror::pg {

/// One row of a result; valid while the result lives.
class Row {
 public:
  Row(const pg_result* result, int row) noexcept : result_(result), row_(row) {}

  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::string_view bytes(int column) const noexcept;  ///< as sent, text or binary
  [[nodiscard]] std::string text(int column) const;                 ///< "" for NULL
  [[nodiscard]] std::int64_t integer(int column) const;  ///< of a text field; or server_protocol
  [[nodiscard]] bool boolean(int column) const;          ///< of a text field; or server_protocol

 private:
  const pg_result* result_;
  int row_;
};

/// The rows of one statement.
class Result {
 public:
  explicit Result(pg_result* result) noexcept : result_(result) {}

  [[nodiscard]] int size() const noexcept;
  [[nodiscard]] Row operator[](int row) const noexcept { return Row(result_.get(), row); }
  [[nodiscard]] std::int64_t affected() const;  ///< rows touched by an INSERT, UPDATE or DELETE
  [[nodiscard]] pg_result* handle() const noexcept { return result_.get(); }

 private:
  struct Clear {
    void operator()(pg_result* result) const noexcept;
  };
  std::unique_ptr<pg_result, Clear> result_;
};

}  // namespace playmirror::pg
