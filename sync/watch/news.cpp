#include "sync/watch/news.hpp"

#include "core/outbox/outbox.hpp"
#include "core/test_hooks.hpp"

#include <algorithm>

namespace playmirror::sync {
namespace {

/// How often to look whether another process has written. The look costs some microseconds.
constexpr std::chrono::milliseconds kLook{100};

}  // namespace

Recorded News::recorded() const {
  auto reader = mirror_.reader();
  if (!outbox::has_work(reader.database())) return {};
  const bool to_send =
      reader->query_int(
          "SELECT EXISTS (SELECT 1 FROM playmirror_pushes) OR EXISTS (SELECT 1 FROM "
          "playmirror_outbox WHERE state = 'queued')") != 0;
  return {.to_send = to_send, .waits_only = !to_send};
}

void News::rest(std::chrono::milliseconds length, bool eager, const std::stop_token& stop) {
  Doorbell& doorbell = mirror_.doorbell();
  const auto end = std::chrono::steady_clock::now() + length;
  std::uint64_t rings = doorbell.rings();
  auto mark = mirror_.mark();
  bool look = PLAYMIRROR_SAFEGUARD("look before resting");
  while (!stop.stop_requested() && !woken_.exchange(false)) {
    if (eager && look && recorded().to_send) return;
    const auto now = std::chrono::steady_clock::now();
    if (now >= end) return;
    doorbell.wait(rings, std::min(end, now + kLook));
    const std::uint64_t rings_now = doorbell.rings();
    const auto mark_now = mirror_.mark();
    look = rings_now != rings || !mark_now || mark_now != mark;
    rings = rings_now;
    mark = mark_now;
  }
}

void News::wake() {
  woken_ = true;
  mirror_.doorbell().ring();
}

}  // namespace playmirror::sync
