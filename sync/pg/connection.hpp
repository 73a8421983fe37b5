#pragma once

#include "sync/pg/result.hpp"
#include "sync/pg/wait.hpp"

#include <playmirror/report.hpp>
#include <playmirror/server.hpp>

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

struct pg_conn;

/// libpq, wrapped: non-blocking, every wait with a deadline, every error a playmirror::Error, no
/// password in any message. This folder is the only code that calls PQ*.
namespace playmirror::pg {

/// A parameter as PostgreSQL text; nothing is NULL.
using Parameter = std::optional<std::string>;

enum class Format { text = 0, binary = 1 };

/// One statement of a pipeline.
struct Command {
  std::string sql = {};
  std::vector<Parameter> parameters = {};
  Format format = Format::text;
  std::string doing = {};  ///< completes "could not ..." in errors, such as "read play_history"
  /// For a statement that comes again and again: a word for the search path that is in force. The
  /// server keeps its plan, where nobody shares its process with us. Empty: planned anew each time.
  std::string_view kept_under = {};
  std::function<void(const Result&)> on_result = {};  ///< the whole result, after it arrived
  std::function<void(const Row&)> on_row = {};        ///< instead: row by row, bounded memory
};

/// One that says no more.
[[nodiscard]] Command command(std::string sql, std::string doing);

/// How safe the way to the server is.
struct Transport {
  bool local = false;      ///< a unix socket or a loopback address
  bool encrypted = false;  ///< by TLS
  bool verified = false;   ///< by TLS, and the server has proved its name (sslmode=verify-full)
};

/// One connection, for one thread at a time. What a callback or the Waiter throws ends the call:
/// the statement is cancelled and its answer drained, and where that takes too long the connection
/// is given up (usable() is false), so that a call always ends in time.
class Connection {
 public:
  /// Connects. `dsn` as in Server::connect. Throws ServerUnavailable, AccessDenied,
  /// InvalidArgument, Cancelled, or Error (server_refused) such as for too many connections.
  static Connection open(std::string_view dsn, const ServerOptions& options, Waiter& waiter);

  Connection(Connection&&) noexcept;
  Connection& operator=(Connection&&) noexcept;
  ~Connection();  ///< closes at once, without waiting for the server

  /// Whether the connection can still be used. False after any ServerUnavailable.
  [[nodiscard]] bool usable() const noexcept;
  [[nodiscard]] bool in_transaction() const noexcept;
  [[nodiscard]] int server_version() const noexcept;  ///< such as 150020
  [[nodiscard]] std::string name() const;             ///< "host:port/database"
  [[nodiscard]] std::string database() const;
  [[nodiscard]] Transport transport() const noexcept;

  /// Whether the database does not know in which encoding its texts are. Then they come as they
  /// are, and may be no UTF-8.
  [[nodiscard]] bool is_without_encoding() const noexcept;

  /// What the server says which of its processes serves this connection. If it is the one that the
  /// connection began with, no pooler stands between, and statements are kept from now on.
  void note_backend(std::int64_t pid) noexcept;

  /// Whether it is known that no pooler stands between.
  [[nodiscard]] bool is_direct() const noexcept;

  /// The server process that the connection began with.
  [[nodiscard]] int backend() const noexcept;

  /// One or more statements by the simple protocol, one round trip; returns the last result.
  Result execute(const std::string& sql, const std::string& doing, Waiter& waiter);

  /// One statement with parameters, one round trip.
  Result query(const std::string& sql, const std::vector<Parameter>& parameters,
               const std::string& doing, Waiter& waiter, Format format = Format::text);

  /// Sends all commands at once and reads their results in order: one round trip, whatever their
  /// number. At the first refused statement the server skips the rest; StatementFailed is thrown
  /// after the connection has been drained, or StatementLost for one that was to be kept: then none
  /// is kept any more. `meanwhile` is called when all is sent, and before the
  /// first answer is looked for: what it does costs no time as long as the server is at work.
  void pipeline(std::vector<Command> commands, Waiter& waiter,
                const std::function<void()>& meanwhile = {});

  /// The same with commands that take time to make: `rest` makes them while the server is at work
  /// on the first ones, and they go behind these.
  void pipeline(std::vector<Command> first, const std::function<std::vector<Command>()>& rest,
                Waiter& waiter);

  /// Two pipelines in one round trip. The second goes behind the first without waiting for its
  /// end, and is a pipeline of its own: its commands, and those that `rest` makes while the server
  /// is at work. When all of the first has been answered, `between` is called; when any of it is
  /// refused, StatementFailed is thrown, and no answer of the second is looked at. The second may
  /// be empty; `rest` is not called then. Where a pooler stands between, it must be: one that goes
  /// by transactions may give a part of it to another connection.
  void pipelines(std::vector<Command> first, const std::function<void()>& between,
                 std::vector<Command> second, const std::function<std::vector<Command>()>& rest,
                 Waiter& waiter);

  /// Runs `COPY ... TO STDOUT` statements (one or more, separated by `;`, other statements may
  /// stand between and after), one round trip. `on_data(i, bytes)` gets each CopyData message of
  /// the i-th COPY.
  void copy_out(const std::string& sql, const std::string& doing, Waiter& waiter,
                const std::function<void(std::size_t, std::string_view)>& on_data);

  /// Sends ROLLBACK without waiting; its answer is read before the next call. No effect outside
  /// a transaction. Never throws.
  void abandon_transaction() noexcept;

  /// Payload counted since open: bytes of statements, parameters, fields and COPY data.
  [[nodiscard]] const WireCounts& wire() const noexcept;

 private:
  struct Impl;
  explicit Connection(std::unique_ptr<Impl> impl) noexcept;
  std::unique_ptr<Impl> impl_;
};

/// `name` in double quotes. Throws InvalidArgument on NUL or more than 63 bytes.
[[nodiscard]] std::string quoted(std::string_view name);

/// `text` as a string literal in single quotes, whatever standard_conforming_strings says. Throws
/// InvalidArgument on NUL.
[[nodiscard]] std::string literal(std::string_view text);

/// The elements as one text[] parameter; nothing is NULL. Throws InvalidArgument on NUL.
[[nodiscard]] std::string text_array(std::span<const Parameter> elements);

}  // namespace playmirror::pg
