#pragma once

#include <playmirror/export.hpp>

#include <exception>
#include <string>
#include <string_view>

namespace playmirror {

/// What went wrong, finer than the class of the exception. Stable across versions: a code is never
/// renamed or reused. `to_string` gives the spelling used by Python and the command line.
enum class ErrorCode {
  // The call itself.
  invalid_argument,   ///< a value that no schema could take: naive time, empty id, bad option
  unknown_reference,  ///< a play of a track, or a link to an artist, that the mirror does not know
  value_too_large,    ///< a field above the cap of PullOptions::field_cap
  immutable,          ///< mirrored rows cannot be changed locally
  closed,             ///< the object was closed, or belongs to the parent of a forked process
  // sql().
  query_refused,  ///< not one read-only statement
  query_failed,   ///< SQL that SQLite rejects
  query_limit,    ///< took too long or asked for too much memory
  // The mirror file.
  not_a_mirror,    ///< the file is something else
  format_too_new,  ///< a newer playmirror wrote it
  damaged,         ///< its content contradicts its own checks
  unsafe_file,     ///< a link, another owner, or readable by others
  busy,            ///< another process kept the lock for longer than the timeout
  storage_full,    ///< no space left
  storage_failed,  ///< the file system refused: permissions, read-only, I/O error
  // The connection.
  bad_connection_options,  ///< the connection string cannot be understood
  unreachable,             ///< no server answered in time, or the connection broke
  authentication_failed,   ///< wrong role or password
  encryption_refused,      ///< TLS was demanded and not to be had
  // The server.
  permission_denied,  ///< the role lacks a privilege; hint() holds the GRANT
  row_security,       ///< row-level security hides rows from the role
  schema_mismatch,    ///< a table, column or payload is not what a typed record needs
  server_changed,     ///< not the server, database or history that this mirror was made from
  server_behind,      ///< a replica that has not yet seen what this mirror has
  server_refused,     ///< any other error of the server; sqlstate() says which
  server_protocol,    ///< the server sent what its protocol does not allow
  in_doubt,           ///< a COMMIT was sent and its answer is not known yet
  cancelled,          ///< the caller asked to stop
  internal,           ///< a defect in playmirror
};

/// The code's stable name, such as "not_a_mirror".
[[nodiscard]] PLAYMIRROR_EXPORT std::string_view to_string(ErrorCode code) noexcept;

/// What is true of the data after the error.
enum class Outcome {
  unchanged,    ///< nothing was attempted
  rolled_back,  ///< attempted and undone, on both sides
  in_doubt,     ///< the server may or may not have committed; the next sync finds out
};

/// The outcome's name, such as "rolled_back".
[[nodiscard]] PLAYMIRROR_EXPORT std::string_view to_string(Outcome outcome) noexcept;

/// The facts an Error carries besides its code and message.
struct ErrorDetails {
  std::string hint = {};      ///< what to do about it, one sentence; may be empty
  std::string sqlstate = {};  ///< the server's five characters, or empty
  bool retryable = false;     ///< whether the same call can succeed later without any change
  Outcome outcome = Outcome::unchanged;
};

/// Base of every exception that playmirror throws. what() says what failed, on what and why; it
/// never holds a password. Throw through raise(), which picks the class for the code.
class PLAYMIRROR_EXPORT Error : public std::exception {
 public:
  /// For raise().
  Error(ErrorCode code, std::string message, ErrorDetails details = {});
  ~Error() override;

  /// What failed, on what and why.
  [[nodiscard]] const char* what() const noexcept override { return message_.c_str(); }
  /// Finer than the class.
  [[nodiscard]] ErrorCode code() const noexcept { return code_; }
  /// What to do about it, one sentence; may be empty.
  [[nodiscard]] const std::string& hint() const noexcept { return details_.hint; }
  /// The server's five characters, or empty.
  [[nodiscard]] const std::string& sqlstate() const noexcept { return details_.sqlstate; }
  /// Whether the same call can succeed later without any change.
  [[nodiscard]] bool retryable() const noexcept { return details_.retryable; }
  /// What is true of the data after it.
  [[nodiscard]] Outcome outcome() const noexcept { return details_.outcome; }
  /// All of it but code and message.
  [[nodiscard]] const ErrorDetails& details() const noexcept { return details_; }

 private:
  ErrorCode code_;
  std::string message_;
  ErrorDetails details_;
};

/// Throws the subclass that belongs to the code, or Error itself where there is none.
[[noreturn]] PLAYMIRROR_EXPORT void raise(ErrorCode code, std::string message,
                                          ErrorDetails details = {});

// One subclass for each thing a caller would do differently.

/// The caller passed something wrong: invalid_argument, unknown_reference, value_too_large,
/// immutable, bad_connection_options. Fix the call.
class PLAYMIRROR_EXPORT InvalidArgument : public Error {
 public:
  using Error::Error;
  ~InvalidArgument() override;
};

/// sql() did not run the statement: query_refused, query_failed, query_limit. Fix the SQL.
class PLAYMIRROR_EXPORT QueryError : public Error {
 public:
  using Error::Error;
  ~QueryError() override;
};

/// The file cannot be used as a mirror: not_a_mirror, format_too_new, damaged, unsafe_file.
/// Choose another file, upgrade, or repair.
class PLAYMIRROR_EXPORT MirrorUnusable : public Error {
 public:
  using Error::Error;
  ~MirrorUnusable() override;
};

/// Another process holds the mirror: busy. Wait and call again.
class PLAYMIRROR_EXPORT MirrorBusy : public Error {
 public:
  using Error::Error;
  ~MirrorBusy() override;
};

/// The disk or the file system refused: storage_full, storage_failed. Make room, then call again.
class PLAYMIRROR_EXPORT StorageError : public Error {
 public:
  using Error::Error;
  ~StorageError() override;
};

/// The server cannot be reached or the connection broke: unreachable. Call again when it is back.
class PLAYMIRROR_EXPORT ServerUnavailable : public Error {
 public:
  using Error::Error;
  ~ServerUnavailable() override;
};

/// The role may not: authentication_failed, encryption_refused, permission_denied, row_security.
/// hint() says what the server's owner has to grant, or which option allows it.
class PLAYMIRROR_EXPORT AccessDenied : public Error {
 public:
  using Error::Error;
  ~AccessDenied() override;
};

/// The server's tables, or a snapshot's payload, are not what the typed records need:
/// schema_mismatch. Upgrade one side.
class PLAYMIRROR_EXPORT SchemaMismatch : public Error {
 public:
  using Error::Error;
  ~SchemaMismatch() override;
};

/// Not the server we knew, or one that lags behind: server_changed, server_behind. Decide.
class PLAYMIRROR_EXPORT ServerChanged : public Error {
 public:
  using Error::Error;
  ~ServerChanged() override;
};

/// A push whose COMMIT got no answer: in_doubt. The next push finds out before it sends anything.
class PLAYMIRROR_EXPORT InDoubt : public Error {
 public:
  using Error::Error;
  ~InDoubt() override;
};

/// The caller asked to stop: cancelled.
class PLAYMIRROR_EXPORT Cancelled : public Error {
 public:
  using Error::Error;
  ~Cancelled() override;
};

}  // namespace playmirror
