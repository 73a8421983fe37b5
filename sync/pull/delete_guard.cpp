#include "sync/pull/delete_guard.hpp"

#include "core/test_hooks.hpp"

namespace playmirror::sync {
namespace {

/// Below this many rows no deletion is unlikely: a person empties a list of four playlists.
constexpr std::int64_t kFewRows = 4;

bool vanishes_in_bulk(std::int64_t gone, std::int64_t here, double limit) {
  return gone > kFewRows && static_cast<double>(gone) > limit * static_cast<double>(here) &&
         PLAYMIRROR_SAFEGUARD("delete guard");
}

}  // namespace

DeletedRows delete_gone(ingest::ServerKeys& keys, const std::vector<std::string>& blocks,
                        std::int64_t server_rows, double limit, bool confirmed) {
  DeletedRows rows;
  std::int64_t gone = keys.count_gone(blocks);
  rows.here = server_rows + gone;
  if (gone == 0) return rows;
  const auto is_to_be_held = [&] { return !confirmed && vanishes_in_bulk(gone, rows.here, limit); };
  if (is_to_be_held()) {
    rows.deleted = keys.delete_replaced(blocks);
    gone -= rows.deleted;
  }
  if (is_to_be_held()) {
    rows.held = gone;
  } else {
    rows.deleted += keys.delete_gone(blocks);
  }
  return rows;
}

}  // namespace playmirror::sync
