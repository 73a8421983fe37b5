#pragma once

#include <playmirror/value.hpp>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>

struct sqlite3_stmt;

namespace playmirror::sqlite {

/// A prepared statement. Parameters and columns are numbered from 0. Text is bound by copy except
/// through bind_view and bind_blob_view, whose memory must outlive the next step() or reset().
class Statement {
 public:
  Statement(Statement&&) noexcept = default;
  Statement& operator=(Statement&&) noexcept = default;

  Statement& bind(int index, std::nullopt_t);
  Statement& bind(int index, std::int64_t value);
  Statement& bind(int index, double value);
  Statement& bind(int index, bool value) { return bind(index, std::int64_t{value}); }
  Statement& bind(int index, int value) { return bind(index, std::int64_t{value}); }
  Statement& bind(int index, std::string_view text);
  Statement& bind(int index, const std::string& text) {
    return bind(index, std::string_view(text));
  }
  Statement& bind(int index, const char* text) { return bind(index, std::string_view(text)); }
  Statement& bind(int index, const Blob& blob);
  Statement& bind(int index, const Value& value);
  Statement& bind_view(int index, std::string_view text);
  Statement& bind_blob_view(int index, std::string_view bytes);
  template <typename T>
  Statement& bind(int index, const std::optional<T>& value) {
    return value ? bind(index, *value) : bind(index, std::nullopt);
  }

  /// Binds 0, 1, 2, ... in order.
  template <typename... Values>
  Statement& bind_all(const Values&... values) {
    int index = 0;
    (bind(index++, values), ...);
    return *this;
  }

  /// True: a row is there. False: done.
  bool step();

  /// Runs to the end and resets, keeping the bindings.
  void run();
  void reset() noexcept;

  /// What SQLite keeps in a column of the present row.
  enum class Kind : std::uint8_t { null, integer, real, text, blob };

  [[nodiscard]] int column_count() const noexcept;
  [[nodiscard]] std::string column_name(int column) const;
  /// The table and the column of it that feed a column, by their names in the file; empty for an
  /// expression.
  [[nodiscard]] std::pair<std::string, std::string> origin(int column) const;
  [[nodiscard]] Kind kind(int column) const noexcept;
  [[nodiscard]] bool is_null(int column) const noexcept;
  [[nodiscard]] std::int64_t integer(int column) const noexcept;
  [[nodiscard]] double real(int column) const noexcept;
  [[nodiscard]] std::string_view text(int column) const noexcept;  ///< valid until the next step
  [[nodiscard]] std::string_view blob(int column) const noexcept;  ///< valid until the next step
  [[nodiscard]] Value value(int column) const;

  [[nodiscard]] sqlite3_stmt* handle() const noexcept { return handle_.get(); }

  /// Takes ownership of a prepared statement, or of nothing.
  explicit Statement(sqlite3_stmt* handle) noexcept : handle_(handle) {}

 private:
  struct Finalize {
    void operator()(sqlite3_stmt* handle) const noexcept;
  };

  std::unique_ptr<sqlite3_stmt, Finalize> handle_;
};

}  // namespace playmirror::sqlite
