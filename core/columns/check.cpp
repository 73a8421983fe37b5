#include "core/columns/check.hpp"

#include "core/columns/block_store.hpp"
#include "core/columns/code_store.hpp"
#include "core/columns/column_cache.hpp"
#include "core/columns/play_columns.hpp"
#include "core/columns/row_source.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cstddef>
#include <map>
#include <string>
#include <utility>

namespace playmirror::columns {
namespace {

std::string block_name(std::int64_t block) {
  return "playmirror_blocks, block " + std::to_string(block);
}

PlayRow row_of(const Batch& batch, std::size_t i) {
  return {{batch.played_at[i], batch.id[i]},
          batch.track[i],
          batch.listened(i),
          batch.skipped[i],
          batch.source[i],
          batch.context[i]};
}

/// One check of one moment; gathers what is wrong.
class Checker {
 public:
  Checker(MirrorState& state, CallWatch& watch)
      : watch_(watch), plays_(PlayColumns::read_anew(state)) {}

  std::vector<FileProblem> run() {
    if (!read_column_state(plays_.database()).built) return {};
    check_blocks();
    // What cannot be decoded cannot be compared either.
    if (!problems_.empty()) return std::move(problems_);
    load(plays_.database(), book_.tracks);
    load(plays_.database(), book_.artists);
    load_sources(plays_.database(), book_.sources);
    load_contexts(plays_.database(), book_.contexts);
    compare_catalogue();
    compare_plays();
    return std::move(problems_);
  }

 private:
  void note(std::string where, std::string what) {
    problems_.push_back({std::move(where), std::move(what)});
  }

  /// That every block decodes, holds what its line says, and that the totals are theirs.
  void check_blocks() {
    const CodeLimits codes = read_code_limits(plays_.database());
    std::vector<std::uint32_t> totals(codes.tracks);
    for (const BlockInfo& block : read_blocks(plays_.database())) {
      watch_.tick();
      try {
        const PlayArrays plays = read_block(plays_.database(), block, codes);
        const auto [least, greatest] = std::ranges::minmax(plays.id);
        if (plays.key(0) != block.first || plays.key(plays.size() - 1) != block.last ||
            least != block.least_id || greatest != block.greatest_id) {
          note(block_name(block.block), "its line does not describe its plays");
        }
        if (!block.late) {
          for (const std::uint32_t track : plays.track) ++totals[track];
        }
        if (!block.late) blocks_.push_back(block);
      } catch (const Error& error) {
        if (error.code() != ErrorCode::damaged) throw;
        note(block_name(block.block), error.what());
      }
    }
    if (problems_.empty() && read_totals(plays_.database(), codes) != totals) {
      note("playmirror_block_data", "the totals are not those of the blocks");
    }
  }

  void compare_catalogue() {
    CodeBook rows;
    rows.read_catalogue(plays_.database());
    std::size_t artists = 0;
    for (std::uint32_t code = 1; code < rows.artists.size(); ++code) {
      const ArtistEntry& row = rows.artists[code];
      const ArtistEntry& kept = book_.artists[book_.artists.find(row.id)];
      const bool same = kept.id == row.id && kept.exists == row.exists && kept.name == row.name &&
                        kept.genres == row.genres;
      if (!same) ++artists;
    }
    artists += too_many(book_.artists, rows.artists);
    std::size_t tracks = 0;
    for (std::uint32_t code = 1; code < rows.tracks.size(); ++code) {
      const TrackEntry& row = rows.tracks[code];
      const TrackEntry& kept = book_.tracks[book_.tracks.find(row.id)];
      const bool same = kept.id == row.id && kept.exists == row.exists && kept.name == row.name &&
                        kept.artist == row.artist && kept.duration_ms == row.duration_ms &&
                        credits(kept, book_) == credits(row, rows);
      if (!same) ++tracks;
    }
    tracks += too_many(book_.tracks, rows.tracks);
    if (artists > 0) note("playmirror_artist_codes", differing(artists, "artists"));
    if (tracks > 0) note("playmirror_track_codes", differing(tracks, "tracks"));
  }

  /// How many entries say something of a row that is not there.
  template <typename Entry>
  static std::size_t too_many(const Dictionary<Entry>& kept, const Dictionary<Entry>& rows) {
    std::size_t entries = 0;
    for (std::uint32_t code = 1; code < kept.size(); ++code) {
      if (rows.find(kept[code].id) == kNone && !is_bare(kept[code])) ++entries;
    }
    return entries;
  }

  static bool is_bare(const TrackEntry& track) {
    return !track.exists && !track.name && !track.artist && !track.duration_ms &&
           track.artists.empty();
  }
  static bool is_bare(const ArtistEntry& artist) {
    return !artist.exists && !artist.name && !artist.genres;
  }

  static std::vector<std::string_view> credits(const TrackEntry& track, const CodeBook& book) {
    std::vector<std::string_view> ids;
    for (const std::uint32_t artist : track.artists) ids.push_back(book.artists[artist].id);
    std::ranges::sort(ids);
    return ids;
  }

  static std::string differing(std::size_t count, const char* what) {
    return std::to_string(count) + " " + what + " differ from the rows";
  }

  /// Walks both in the same order.
  void compare_plays() {
    PlayReader rows(plays_.database(), book_);
    PlayRow row;
    bool more = rows.next(row);
    plays_.scan({}, Column::all, [&](const Batch& batch) {
      for (std::size_t i = 0; i < batch.size; ++i) {
        if (i % kRowsPerTick == 0) watch_.tick();
        const PlayRow kept = row_of(batch, i);
        for (; more && row.key < kept.key; more = rows.next(row)) ++differing_[place(row.key)];
        if (!more || row != kept) ++differing_[place(kept.key)];
        if (more && row.key == kept.key) more = rows.next(row);
      }
      return true;
    });
    for (; more; more = rows.next(row)) ++differing_[place(row.key)];
    for (const auto& [block, count] : differing_) {
      note(block == 0 ? "playmirror_unsealed" : block_name(block), differing(count, "plays"));
    }
  }

  /// The number of the block in whose time the play lies; 0: behind all blocks.
  [[nodiscard]] std::int64_t place(const PlayKey& key) const {
    const auto block = std::ranges::partition_point(
        blocks_, [&](const BlockInfo& each) { return each.last < key; });
    return block == blocks_.end() ? 0 : block->block;
  }

  static constexpr std::size_t kRowsPerTick = 4'096;

  CallWatch& watch_;
  PlayColumns plays_;
  CodeBook book_;
  std::vector<BlockInfo> blocks_;
  std::map<std::int64_t, std::size_t> differing_;
  std::vector<FileProblem> problems_;
};

}  // namespace

std::vector<FileProblem> check(MirrorState& state, CallWatch& watch) {
  std::vector<FileProblem> problems;
  try {
    problems = Checker(state, watch).run();
  } catch (const Error& error) {
    if (error.code() != ErrorCode::damaged) throw;
    problems = {{"the columns of plays", error.what()}};
  }
  if (!problems.empty()) state.column_cache()->damaged = true;
  return problems;
}

}  // namespace playmirror::columns
