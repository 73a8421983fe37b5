#pragma once

#include <functional>
#include <string>
#include <string_view>
#include <thread>

/// A TCP server on loopback that does whatever a test wants, for servers that misbehave.
namespace playmirror::test {

/// Serves one connection after the other on a free port until it is destroyed.
class Listener {
 public:
  /// `serve` gets each accepted socket, which is closed when it returns. It must look at `stop` in
  /// every loop of its own; receive() and send_all() end by themselves when the socket does.
  using Serve = std::function<void(int socket, const std::stop_token& stop)>;

  explicit Listener(Serve serve);
  ~Listener();
  Listener(const Listener&) = delete;
  Listener& operator=(const Listener&) = delete;

  [[nodiscard]] int port() const noexcept { return port_; }

  /// A connection string to it: no TLS, user "u", database "d".
  [[nodiscard]] std::string dsn() const;

 private:
  int socket_;
  int port_ = 0;
  std::jthread thread_;
};

/// Serves by taking everything in and never answering.
void stay_silent(int socket, const std::stop_token& stop);

/// Exactly `size` bytes, fewer when the peer has closed or `stop` was requested.
[[nodiscard]] std::string receive(int socket, std::size_t size, const std::stop_token& stop);

void send_all(int socket, std::string_view bytes);

// PostgreSQL's protocol, version 3, from the server's side.

/// A message: its type, its length, its body.
[[nodiscard]] std::string message(char type, std::string_view body);

/// An ErrorResponse with severity FATAL.
[[nodiscard]] std::string error_message(std::string_view sqlstate, std::string_view text);

/// Reads the startup message.
void receive_startup(int socket, const std::stop_token& stop);

/// Reads one message and returns its body.
[[nodiscard]] std::string receive_message(int socket, const std::stop_token& stop);

/// Reads the startup message and lets the client in.
void welcome(int socket, const std::stop_token& stop);

}  // namespace playmirror::test
