#pragma once

#include <playmirror/error.hpp>

#include <cstdint>
#include <string>
#include <string_view>

namespace playmirror::pg {

/// The facts of one ErrorResponse of the server. The texts are fit to be shown: secrets and control
/// characters are out, the length is capped.
struct Diagnostics {
  std::string sqlstate = {};
  std::string message = {};
  std::string detail = {};
  std::string schema = {};
  std::string table = {};
  std::string column = {};
  std::string constraint = {};
  std::string source = {};  ///< the function in the server; not shown, but never translated
};

/// A statement that the server refused. The connection is still good; the transaction is not.
/// Its ErrorCode, hint and retryable follow from the SQLSTATE (classify()).
class StatementFailed : public Error {
 public:
  /// `doing` completes "could not ...", such as "read play_history".
  StatementFailed(const std::string& doing, Diagnostics diagnostics);
  ~StatementFailed() override;

  [[nodiscard]] const Diagnostics& diagnostics() const noexcept { return diagnostics_; }

  /// It was ended, as by the server's statement_timeout: one that does less may pass.
  [[nodiscard]] bool took_too_long() const noexcept { return sqlstate() == "57014"; }

 private:
  Diagnostics diagnostics_;
};

/// The server does not have a statement that it was to keep, or cannot run it any more as it was
/// planned. Nothing of what came with it has happened; sent whole, it will.
class StatementLost : public Error {
 public:
  explicit StatementLost(const StatementFailed& failure);
  ~StatementLost() override;
};

/// The server has ended the connection, since a transaction of it took longer than its
/// transaction_timeout allows: one that does less may pass. If a COMMIT was under way, nobody knows
/// what became of it.
class TransactionTimedOut : public Error {
 public:
  /// `where` says which connection it was.
  TransactionTimedOut(const std::string& doing, const std::string& where,
                      const Diagnostics& diagnostics);
  ~TransactionTimedOut() override;

  [[nodiscard]] static bool is_told_by(const Diagnostics& diagnostics) noexcept {
    return diagnostics.sqlstate == "25P04";
  }
};

/// Whether that is what a refusal means.
[[nodiscard]] bool is_lost_statement(const StatementFailed& failure) noexcept;

/// How many rows or blocks a statement should have after one of `count` took too long.
[[nodiscard]] constexpr std::int64_t fewer_than(std::int64_t count) noexcept {
  return (count + 7) / 8;
}

/// `text` when it is an SQLSTATE: five digits or capital letters. Else nothing.
[[nodiscard]] std::string as_sqlstate(std::string_view text);

/// What an SQLSTATE means to us.
struct Classification {
  ErrorCode code = ErrorCode::server_refused;
  bool retryable = false;
  bool row_at_fault = false;    ///< the value of a row is to blame: worth bisecting a batch
  bool table_at_fault = false;  ///< no row goes into the table as it is; others may take theirs
  std::string hint = {};
};

[[nodiscard]] Classification classify(const Diagnostics& diagnostics);

/// "could not <doing>: <message> (<sqlstate>)", with the detail where there is one.
[[nodiscard]] std::string in_words(const std::string& doing, const Diagnostics& diagnostics);

}  // namespace playmirror::pg
