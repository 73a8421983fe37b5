#include "core/columns/play_follower.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/row_source.hpp"
#include "core/columns/sealing.hpp"

#include <algorithm>
#include <optional>
#include <string>
#include <unordered_set>
#include <vector>

namespace playmirror::columns {
namespace {

/// Notes plays of blocks as removed, wherever they are. A block is looked at when the ids it holds
/// may include one of them; as ids and times mostly rise together, that is rarely more than two.
void remove_from_blocks(sqlite::Database& database, std::unordered_set<std::int64_t> ids) {
  const CodeLimits codes = read_code_limits(database);
  auto insert = database.prepare(
      "INSERT INTO playmirror_removed (block, row, played_at, track) VALUES (?, ?, ?, ?)");
  auto known = database.prepare("SELECT 1 FROM playmirror_removed WHERE block = ? AND row = ?");
  std::vector<BlockInfo> blocks = read_blocks(database);
  // Of the newest block first: that is where most changes fall.
  std::ranges::reverse(blocks);
  for (const BlockInfo& block : blocks) {
    if (ids.empty()) return;
    const bool possible = std::ranges::any_of(
        ids, [&](std::int64_t id) { return id >= block.least_id && id <= block.greatest_id; });
    if (!possible) continue;
    const auto in_block =
        decode_ids(read_column(database, block.block, ColumnNumber::id), block.plays);
    std::optional<std::vector<std::int64_t>> times;
    std::vector<std::uint32_t> tracks;
    for (std::size_t row = 0; row < in_block.size(); ++row) {
      if (!ids.contains(in_block[row])) continue;
      // A play that was removed before has come back since, and stands in another place.
      known.bind_all(block.block, static_cast<std::int64_t>(row));
      const bool removed = known.step();
      known.reset();
      if (removed) continue;
      if (!times) {
        times =
            decode_times(read_column(database, block.block, ColumnNumber::played_at), block.plays);
        tracks = decode_codes(read_column(database, block.block, ColumnNumber::track), block.plays,
                              codes.tracks);
      }
      insert
          .bind_all(block.block, static_cast<std::int64_t>(row), (*times)[row],
                    std::int64_t{tracks[row]})
          .run();
      ids.erase(in_block[row]);
    }
  }
}

void note_unsealed(const sqlite::Database& database, const std::vector<PlayRow>& plays) {
  const auto put = database.kept("INSERT INTO playmirror_unsealed (id) VALUES (?)");
  for (const PlayRow& play : plays) put->bind_all(play.key.id).run();
}

}  // namespace

bool follow_plays(sqlite::Database& database, CodeUpdater& codes, WrittenPlays written) {
  const bool renumbered = renumber_in_blocks(database, written.renumbered);
  auto& plays = written.ids;
  for (const auto& [from, to] : written.renumbered) {
    plays.emplace(from, true);
    plays.emplace(to, false);
  }
  if (plays.empty()) return renumbered;
  std::vector<std::int64_t> ids;
  ids.reserve(plays.size());
  for (const auto& [id, before] : plays) ids.push_back(id);
  std::ranges::sort(ids);

  const auto take = database.kept("DELETE FROM playmirror_unsealed WHERE id = ?");
  const auto waiting = database.kept("SELECT 1 FROM playmirror_unsealed WHERE id = ?");
  const bool any_waiting = any_unsealed(database);
  std::unordered_set<std::int64_t> sealed;
  std::vector<PlayRow> fresh;
  PlayWalk walk(database, codes);
  for (const std::int64_t id : ids) {
    const bool unsealed = any_waiting && waiting->bind_all(id).step();
    waiting->reset();
    if (!unsealed && plays.at(id)) sealed.insert(id);
    if (const auto play = walk.read(id)) {
      if (!unsealed) fresh.push_back(*play);
    } else if (unsealed) {
      take->bind_all(id).run();
    }
  }
  if (!sealed.empty()) remove_from_blocks(database, std::move(sealed));
  const auto unsealed = database.kept_int("SELECT count(*) FROM playmirror_unsealed") +
                        static_cast<std::int64_t>(fresh.size());
  const auto removed = database.kept_int("SELECT count(*) FROM playmirror_removed");
  if (unsealed > static_cast<std::int64_t>(kMostUnsealed) ||
      removed > static_cast<std::int64_t>(kMostRemoved)) {
    seal(database, fresh);
  } else {
    note_unsealed(database, fresh);
  }
  return true;
}

}  // namespace playmirror::columns
