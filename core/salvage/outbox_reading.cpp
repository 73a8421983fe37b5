#include "core/salvage/outbox_reading.hpp"

#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <utility>

namespace playmirror::salvage {
namespace {

/// So many keys on end that cannot be read are tried, some hundred pages of entries. A number that
/// was never given costs no more.
constexpr int kMostMisses = 20'000;

}  // namespace

OutboxReading::OutboxReading(const sqlite::Database& database, const std::string& select, Use use)
    : database_(database),
      up_(select + " WHERE entry >= ? ORDER BY entry"),
      down_(select + " WHERE entry <= ? ORDER BY entry DESC"),
      use_(std::move(use)) {}

bool OutboxReading::run() {
  const Reach up = read(Way::up, kFirst);
  if (up.ended) return true;
  if (!PLAYMIRROR_SAFEGUARD("read from both ends")) return false;
  const Reach down = read(Way::down, kLast);
  if (!PLAYMIRROR_SAFEGUARD("read around damage")) return false;
  if (up.last) go_on(Way::up, *up.last, down.last.value_or(kLast));
  if (down.last) go_on(Way::down, *down.last, up.last.value_or(kFirst));
  if (!up.last && !down.last) {
    if (const auto any = find_any()) {
      go_on(Way::up, *any, kLast);
      go_on(Way::down, *any, kFirst);
    }
  }
  return false;
}

OutboxReading::Reach OutboxReading::read(Way way, std::int64_t from) {
  Reach reach;
  try {
    auto rows = database_.prepare(way == Way::up ? up_ : down_);
    rows.bind(0, from);
    while (rows.step()) {
      use_(rows);
      reach.last = rows.integer(0);
    }
    reach.ended = true;
  } catch (const Error&) {
    // What came so far.
  }
  return reach;
}

void OutboxReading::go_on(Way way, std::int64_t at, std::int64_t end) {
  const auto is_behind = [way](std::int64_t key, std::int64_t other) {
    return way == Way::up ? key >= other : key <= other;
  };
  for (int misses = 0; !is_behind(at, end) && misses < kMostMisses; ++misses) {
    at += way == Way::up ? 1 : -1;
    const Reach reach = read(way, at);
    if (reach.ended) return;
    // Keys may be damaged as well, and lead back.
    if (!reach.last || !is_behind(*reach.last, at)) continue;
    at = *reach.last;
    misses = 0;
  }
}

std::optional<std::int64_t> OutboxReading::find_any() {
  for (std::int64_t key = kFirst; key < kLast / 2; key *= 2) {
    if (read(Way::up, key).last || read(Way::down, key).last) return key;
  }
  return std::nullopt;
}

}  // namespace playmirror::salvage
