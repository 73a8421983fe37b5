#include "sync/session/horizon.hpp"

#include <algorithm>
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

/// Transactions that may come between the last look and this one before their rows are compared one
/// by one; and how many xids are listed at all.
constexpr std::int64_t kAhead = 32;
constexpr std::int64_t kListed = 256;
/// Lower ones stand for rows of no transaction.
constexpr std::int64_t kFirstNormalXid = 3;

/// The xids of a horizon and of those that follow, up to and without `end`.
std::string listed(std::int64_t horizon, std::int64_t end) {
  std::string list;
  for (std::int64_t each = horizon; each < end; ++each) {
    const std::int64_t xid = each & 0xFFFFFFFF;
    if (xid >= kFirstNormalXid) list += (list.empty() ? "" : ",") + std::to_string(xid);
  }
  return "'{" + list + "}'::pg_catalog.xid[]";
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
  const std::string range = "(pg_catalog.xidsend(xmin) >= " + as_bytes(horizon) +
                            (wraps ? " OR " : " AND ") +
                            "pg_catalog.xidsend(xmin) <= " + as_bytes(end) + ")";
  const std::int64_t next = std::max(horizon, xmax) + kAhead;
  if (next - horizon > kListed) return range;
  // The server hashes a list, and need not make bytes of every row's xid. The subselect is
  // evaluated once, and is true when so much has happened that the list is too short.
  return "(xmin = ANY (" + listed(horizon, next) +
         ") OR ((SELECT pg_catalog.pg_snapshot_xmax(pg_catalog.pg_current_snapshot()) > '" +
         std::to_string(next) + "'::pg_catalog.xid8) AND " + range + "))";
}

bool still_holds(std::int64_t written_for, std::int64_t xmax) {
  return xmax - written_for < kRoom / 2;
}

}  // namespace playmirror::sync
