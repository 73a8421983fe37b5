#pragma once

#include "sync/pg/connection.hpp"
#include "sync/pg/handshake.hpp"
#include "sync/pg/kept_statements.hpp"
#include "sync/pg/session.hpp"

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::pg {

/// What a Connection is made of; shared by connection.cpp, pipeline.cpp and copy.cpp.
struct Connection::Impl {
  Impl(Connected connected, Secrets secrets);

  /// Hands one statement with parameters to libpq.
  void send(const std::string& sql, const std::vector<Parameter>& parameters, Format format,
            const std::string& doing);

  /// Reads all results of what was sent, returns the last, throws the first refusal.
  Result last_result(const std::string& doing, Waiter& waiter);

  /// A pipeline is begun, gets its commands, is ended, and answered. Then another one may be ended
  /// and answered, before the last is left.
  void begin_pipeline(const std::string& doing);
  void send_all(const std::vector<Command>& commands);
  void send_kept(const Command& command);
  /// Sends the commands, then those that `rest` makes meanwhile, and returns all of them.
  std::vector<Command> send_with_rest(std::vector<Command> commands,
                                      const std::function<std::vector<Command>()>& rest);
  void end_pipeline(const std::string& doing);
  void read_pipeline(const std::vector<Command>& commands, Waiter& waiter);
  void leave_pipeline(const std::string& doing);
  /// Of one of these commands, if the server has refused one.
  void throw_refusal(const std::vector<Command>& commands);
  void read_results(const Command& command, Waiter& waiter);
  void read_preparation(const Command& command, Waiter& waiter);

  /// Fails when the result is not one of an ordinary statement.
  void check_kind(const Result& result, const std::string& doing);

  std::string database;
  std::string name;
  int server_version;
  Transport transport;
  bool is_without_encoding;
  bool is_direct = false;
  KeptStatements kept;
  Session session;
};

/// The parameters as libpq takes them; adds their size to `bytes`.
[[nodiscard]] std::vector<const char*> as_values(const std::vector<Parameter>& parameters,
                                                 std::size_t& bytes);

/// Throws InvalidArgument for a zero byte, at which libpq would cut the text without a word. `what`
/// begins the message, such as "a name".
void refuse_nul(std::string_view text, const char* what);

/// Throws InvalidArgument when the protocol cannot carry the statement.
void check_sendable(const std::string& sql, const std::vector<Parameter>& parameters);

}  // namespace playmirror::pg
