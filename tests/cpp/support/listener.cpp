// A server that misbehaves on demand.

#include "tests/cpp/support/listener.hpp"

#include <algorithm>
#include <arpa/inet.h>
#include <cstdint>
#include <netinet/in.h>
#include <poll.h>
#include <stdexcept>
#include <sys/socket.h>
#include <unistd.h>
#include <utility>

namespace playmirror::test {
namespace {

bool readable(int socket, const std::stop_token& stop) {
  pollfd entry{.fd = socket, .events = POLLIN, .revents = 0};
  while (!stop.stop_requested()) {
    if (::poll(&entry, 1, 20) > 0) return true;
  }
  return false;
}

std::string big_endian(std::uint32_t number) {
  std::string bytes;
  for (int shift = 24; shift >= 0; shift -= 8) {
    bytes += static_cast<char>((number >> shift) & 0xFFU);
  }
  return bytes;
}

std::uint32_t from_big_endian(std::string_view bytes) {
  std::uint32_t number = 0;
  for (const char byte : bytes) number = number << 8 | static_cast<unsigned char>(byte);
  return number;
}

std::string receive_body(int socket, const std::stop_token& stop) {
  const std::string length = receive(socket, 4, stop);
  if (length.size() < 4) return {};
  return receive(socket, from_big_endian(length) - 4, stop);
}

}  // namespace

Listener::Listener(Serve serve) : socket_(::socket(AF_INET, SOCK_STREAM, 0)) {
  sockaddr_in address{};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof address;
  auto* plain = reinterpret_cast<sockaddr*>(&address);
  if (socket_ < 0 || ::bind(socket_, plain, size) != 0 || ::listen(socket_, 16) != 0 ||
      ::getsockname(socket_, plain, &size) != 0) {
    throw std::runtime_error("could not listen on loopback");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::jthread([listening = socket_, serve = std::move(serve)](std::stop_token stop) {
    while (readable(listening, stop)) {
      const int socket = ::accept(listening, nullptr, nullptr);
      if (socket < 0) continue;
      serve(socket, stop);
      ::close(socket);
    }
  });
}

Listener::~Listener() {
  thread_.request_stop();
  thread_.join();
  ::close(socket_);
}

std::string Listener::dsn() const {
  return "host=127.0.0.1 port=" + std::to_string(port_) + " sslmode=disable user=u dbname=d";
}

void stay_silent(int socket, const std::stop_token& stop) {
  while (receive(socket, 1, stop).size() == 1) {
  }
}

std::string receive(int socket, std::size_t size, const std::stop_token& stop) {
  std::string bytes;
  while (bytes.size() < size && readable(socket, stop)) {
    char buffer[4096];
    const ssize_t got =
        ::recv(socket, buffer, std::min(sizeof buffer, size - bytes.size()), MSG_DONTWAIT);
    if (got <= 0) break;
    bytes.append(buffer, static_cast<std::size_t>(got));
  }
  return bytes;
}

void send_all(int socket, std::string_view bytes) {
  while (!bytes.empty()) {
    const ssize_t sent = ::send(socket, bytes.data(), bytes.size(), MSG_NOSIGNAL);
    if (sent <= 0) return;
    bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string message(char type, std::string_view body) {
  return type + big_endian(static_cast<std::uint32_t>(body.size() + 4)) + std::string(body);
}

std::string error_message(std::string_view sqlstate, std::string_view text) {
  std::string body;
  for (const std::string& field : {std::string("SFATAL"), std::string("VFATAL"),
                                   'C' + std::string(sqlstate), 'M' + std::string(text)}) {
    body += field + '\0';
  }
  return message('E', body + '\0');
}

void receive_startup(int socket, const std::stop_token& stop) {
  static_cast<void>(receive_body(socket, stop));
}

std::string receive_message(int socket, const std::stop_token& stop) {
  static_cast<void>(receive(socket, 1, stop));
  return receive_body(socket, stop);
}

void welcome(int socket, const std::stop_token& stop) {
  receive_startup(socket, stop);
  const std::string authenticated = message('R', big_endian(0));
  const std::string backend_key = message('K', big_endian(1) + big_endian(2));
  send_all(socket, authenticated + backend_key + message('Z', "I"));
}

}  // namespace playmirror::test
