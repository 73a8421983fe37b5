#include "sync/session/horizon.hpp"

#include <cstddef>
#include <string_view>

namespace playmirror::sync {
namespace {

/// Transaction ids compare by the sign of a 32-bit difference; beyond half the circle, minus some
/// room for transactions that start meanwhile, a horizon says nothing.
constexpr std::int64_t kRoom = 10'000'000;
constexpr std::int64_t kHalfCircle = (std::int64_t{1} << 31) - kRoom;

/// A transaction id as xidsend() gives it, so that bytes compare like numbers. E'' means the same
/// whether standard_conforming_strings is on or off.
std::string as_bytes(std::int64_t xid) {
  constexpr std::string_view kDigits = "0123456789abcdef";
  std::string text = "E'\\\\x";
  for (int shift = 28; shift >= 0; shift -= 4) {
    text += kDigits[static_cast<std::size_t>((xid >> shift) & 0xF)];
  }
  return text + "'::pg_catalog.bytea";
}

}  // namespace

std::string horizon_condition(std::int64_t horizon, std::int64_t xmax) {
  if (horizon <= 0 || xmax - horizon >= kHalfCircle) return {};
  // Both ages are measured from the same point, so their order is that of the transactions. The
  // subselect is evaluated once.
  const std::string xid = std::to_string(horizon & 0xFFFFFFFF);
  return "pg_catalog.age(xmin) <= (SELECT pg_catalog.age('" + xid + "'::pg_catalog.xid))";
}

std::string horizon_range(std::int64_t horizon, std::int64_t xmax) {
  if (horizon <= 0 || xmax - horizon >= kHalfCircle) return {};
  const std::int64_t end = xmax + kRoom / 2;
  const bool wraps = (end & 0xFFFFFFFF) < (horizon & 0xFFFFFFFF);
  return "(pg_catalog.xidsend(xmin) >= " + as_bytes(horizon) + (wraps ? " OR " : " AND ") +
         "pg_catalog.xidsend(xmin) <= " + as_bytes(end) + ")";
}

bool still_holds(std::int64_t written_for, std::int64_t xmax) {
  return xmax - written_for < kRoom / 2;
}

}  // namespace playmirror::sync
