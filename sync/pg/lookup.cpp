// Names to addresses, within a deadline.

#include "sync/pg/lookup.hpp"

#include "sync/pg/background.hpp"

#include <algorithm>
#include <memory>
#include <netdb.h>
#include <sys/socket.h>

namespace playmirror::pg {
namespace {

struct Answer {
  std::vector<std::string> addresses = {};
  std::string problem = {};
};

Answer look_up(const std::string& host, int flags) {
  addrinfo hints{};
  hints.ai_socktype = SOCK_STREAM;
  hints.ai_flags = flags;
  addrinfo* list = nullptr;
  if (const int error = ::getaddrinfo(host.c_str(), nullptr, &hints, &list); error != 0) {
    return {.problem = ::gai_strerror(error)};
  }
  const std::unique_ptr<addrinfo, decltype(&::freeaddrinfo)> owner(list, &::freeaddrinfo);
  Answer answer;
  for (const addrinfo* entry = list; entry != nullptr; entry = entry->ai_next) {
    char text[NI_MAXHOST];
    if (::getnameinfo(entry->ai_addr, entry->ai_addrlen, text, sizeof text, nullptr, 0,
                      NI_NUMERICHOST) == 0 &&
        std::ranges::find(answer.addresses, text) == answer.addresses.end()) {
      answer.addresses.emplace_back(text);
    }
  }
  return answer;
}

}  // namespace

std::vector<Endpoint> with_addresses(const Endpoint& endpoint,
                                     std::chrono::steady_clock::time_point deadline, Waiter& waiter,
                                     std::string& problem) {
  if (endpoint.is_unix_socket() || !endpoint.address.empty()) return {endpoint};
  Answer answer = look_up(endpoint.host, AI_NUMERICHOST);
  if (answer.addresses.empty()) {
    const auto work = [host = endpoint.host] { return look_up(host, 0); };
    answer = in_background(work, deadline, waiter)
                 .value_or(Answer{.problem = "its address was not found in time"});
  }
  problem = answer.problem;
  std::vector<Endpoint> found;
  for (std::string& address : answer.addresses) {
    found.push_back({.host = endpoint.host, .address = std::move(address), .port = endpoint.port});
  }
  return found;
}

}  // namespace playmirror::pg
