// Waiting for a socket, in slices.

#include "sync/pg/wait.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <poll.h>
#include <string>

namespace playmirror::pg {
namespace {

using Clock = std::chrono::steady_clock;
using std::chrono::milliseconds;

short events_of(Waiter::For what) {
  switch (what) {
    case Waiter::For::reading:
      return POLLIN;
    case Waiter::For::writing:
      return POLLOUT;
    case Waiter::For::either:
      break;
  }
  return POLLIN | POLLOUT;
}

// A socket in trouble counts as ready: the next read or write finds out what the trouble is.
Waiter::For ready_for(short events, Waiter::For asked) {
  if (asked != Waiter::For::either) return asked;
  const bool readable = (events & (POLLIN | POLLERR | POLLHUP | POLLNVAL)) != 0;
  const bool writable = (events & POLLOUT) != 0;
  if (readable && writable) return Waiter::For::either;
  return readable ? Waiter::For::reading : Waiter::For::writing;
}

std::string in_words(milliseconds time) {
  if (time.count() % 1'000 == 0) return std::to_string(time.count() / 1'000) + " s";
  return std::to_string(time.count()) + " ms";
}

}  // namespace

Waiter::For Waiter::wait(int socket, For what, const char* doing) {
  pollfd entry{.fd = socket, .events = events_of(what), .revents = 0};
  const auto deadline = Clock::now() + silence_;
  while (true) {
    tick();
    const auto left = std::chrono::ceil<milliseconds>(deadline - Clock::now());
    const auto slice = std::clamp(left, milliseconds{0}, kSlice);
    const int ready = ::poll(&entry, 1, static_cast<int>(slice.count()));
    if (ready > 0) return ready_for(entry.revents, what);
    if (ready < 0 && errno != EINTR) {
      raise(ErrorCode::internal,
            std::string("could not ") + doing + ": poll: " + std::strerror(errno));
    }
    if (left <= milliseconds{0}) {
      raise(ErrorCode::unreachable,
            std::string("could not ") + doing + ": the server did not answer for " +
                in_words(silence_),
            {.hint = "Check the network or the VPN, then try again.", .retryable = true});
    }
  }
}

}  // namespace playmirror::pg
