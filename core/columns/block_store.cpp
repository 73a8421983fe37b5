#include "core/columns/block_store.hpp"

#include "core/mirror/meta.hpp"

#include <algorithm>
#include <utility>

namespace playmirror::columns {
namespace {

/// Room for the columns of a block in the numbers of playmirror_block_data.
constexpr std::int64_t kPartsPerBlock = 8;

/// Numbers of blocks stay below, so that those of their parts fit.
constexpr std::int64_t kMostBlocks = std::int64_t{1} << 48;

/// The totals stand where the columns of a block 0 would.
constexpr std::int64_t kTotalsPart = 0;

constexpr std::int64_t part_of(std::int64_t block, ColumnNumber column) noexcept {
  return block * kPartsPerBlock + static_cast<std::int64_t>(column);
}

std::string read_part(const sqlite::Database& database, std::int64_t part) {
  const auto row = database.kept("SELECT data FROM playmirror_block_data WHERE part = ?");
  row->bind(0, part);
  if (!row->step()) {
    refuse_damaged("part " + std::to_string(part) + " of the columns of plays is missing");
  }
  return std::string(row->blob(0));
}

void write_part(sqlite::Database& database, std::int64_t part, const std::string& data) {
  const auto insert = database.kept(
      "INSERT INTO playmirror_block_data (part, data) VALUES (?, ?) "
      "ON CONFLICT (part) DO UPDATE SET data = excluded.data");
  insert->bind(0, part);
  insert->bind_blob_view(1, data).run();
}

void delete_columns(sqlite::Database& database, std::int64_t block) {
  database.kept("DELETE FROM playmirror_blocks WHERE block = ?")->bind_all(block).run();
  database.kept("DELETE FROM playmirror_block_data WHERE part >= ? AND part < ?")
      ->bind_all(block * kPartsPerBlock, (block + 1) * kPartsPerBlock)
      .run();
}

}  // namespace

ColumnState read_column_state(const sqlite::Database& database) {
  const auto row = database.kept(
      "SELECT key, CAST(value AS INTEGER) FROM playmirror_meta "
      "WHERE key >= 'columns_' AND key < 'columns`'");
  ColumnState state;
  while (row->step()) {
    const auto key = row->text(0);
    if (key == meta::kColumnsBuilt) state.built = row->integer(1) != 0;
    if (key == meta::kColumnsPlays) state.plays = row->integer(1);
    if (key == meta::kColumnsTracks) state.tracks = row->integer(1);
    if (key == meta::kColumnsArtists) state.artists = row->integer(1);
    if (key == meta::kColumnsTexts) state.texts = row->integer(1);
    if (key == meta::kColumnsCatalogue) state.catalogue = row->integer(1);
  }
  for (const std::int64_t version :
       {state.plays, state.tracks, state.artists, state.texts, state.catalogue}) {
    if (version < 0 || version > meta::kMostNumber) return {};  // to be built anew
  }
  return state;
}

void write_column_state(sqlite::Database& database, const ColumnState& state) {
  const ColumnState before = read_column_state(database);
  const auto note = [&](std::string_view key, std::int64_t was, std::int64_t is) {
    if (was != is) meta::write(database, key, is);
  };
  note(meta::kColumnsBuilt, before.built ? 1 : 0, state.built ? 1 : 0);
  note(meta::kColumnsPlays, before.plays, state.plays);
  note(meta::kColumnsTracks, before.tracks, state.tracks);
  note(meta::kColumnsArtists, before.artists, state.artists);
  note(meta::kColumnsTexts, before.texts, state.texts);
  note(meta::kColumnsCatalogue, before.catalogue, state.catalogue);
}

std::vector<BlockInfo> read_blocks(const sqlite::Database& database) {
  const auto row = database.kept(
      "SELECT block, late, plays, first_at, first_id, last_at, last_id, least_id, greatest_id "
      "FROM playmirror_blocks");
  std::vector<BlockInfo> blocks;
  while (row->step()) {
    const std::int64_t block = row->integer(0);
    const std::int64_t plays = row->integer(2);
    const bool possible = block > 0 && block <= kMostBlocks && plays > 0 &&
                          plays <= static_cast<std::int64_t>(kBlockPlays);
    if (!possible) {
      refuse_damaged("block " + std::to_string(block) + " has no possible number or size");
    }
    blocks.push_back({block,
                      row->integer(1) != 0,
                      static_cast<std::size_t>(plays),
                      {row->integer(3), row->integer(4)},
                      {row->integer(5), row->integer(6)},
                      row->integer(7),
                      row->integer(8)});
  }
  // Here and not by SQLite, which would copy every row of them into a sorter first.
  std::ranges::sort(blocks, {},
                    [](const BlockInfo& block) { return std::pair(block.late, block.first); });
  return blocks;
}

std::string read_column(const sqlite::Database& database, std::int64_t block, ColumnNumber column) {
  return read_part(database, part_of(block, column));
}

CodeLimits read_code_limits(const sqlite::Database& database) {
  // Codes have no gaps and rows take some bytes each, so there are no more codes than the file has
  // bytes. Arrays by code are made before the rows are looked at.
  const std::int64_t most =
      database.kept_int("PRAGMA page_count") * database.kept_int("PRAGMA page_size");
  const auto row = database.kept(
      "SELECT (SELECT max(code) FROM playmirror_track_codes), "
      "(SELECT max(code) FROM playmirror_source_codes), "
      "(SELECT max(code) FROM playmirror_context_codes)");
  row->step();
  const auto limit = [&](int column) {
    const std::int64_t largest = row->integer(column);
    if (largest < 0 || largest > most) refuse_damaged("the columns have an impossible code");
    return static_cast<std::uint64_t>(largest) + 1;
  };
  return {limit(0), limit(1), limit(2)};
}

PlayArrays read_block(const sqlite::Database& database, const BlockInfo& block,
                      const CodeLimits& codes) {
  const auto bytes = [&](ColumnNumber column) {
    return read_column(database, block.block, column);
  };
  PlayArrays plays;
  plays.played_at = decode_times(bytes(ColumnNumber::played_at), block.plays);
  plays.id = decode_ids(bytes(ColumnNumber::id), block.plays);
  plays.track = decode_codes(bytes(ColumnNumber::track), block.plays, codes.tracks);
  ListenedColumn listened = decode_listened(bytes(ColumnNumber::listened_ms), block.plays);
  plays.listened_ms = std::move(listened.values);
  plays.wide_listened_ms = std::move(listened.wide);
  plays.skipped = decode_skipped(bytes(ColumnNumber::skipped), block.plays);
  plays.source = decode_codes(bytes(ColumnNumber::source), block.plays, codes.sources);
  plays.context = decode_codes(bytes(ColumnNumber::context), block.plays, codes.contexts);
  return plays;
}

EncodedBlock encode_block(const PlayArrays& plays, bool late) {
  const auto [least, greatest] = std::ranges::minmax(plays.id);
  EncodedBlock block{
      {0, late, plays.size(), plays.key(0), plays.key(plays.size() - 1), least, greatest}};
  const auto column = [&](ColumnNumber number) -> std::string& {
    return block.columns[static_cast<std::size_t>(number)];
  };
  column(ColumnNumber::played_at) = encode_times(plays.played_at);
  column(ColumnNumber::id) = encode_ids(plays.id);
  column(ColumnNumber::track) = encode_codes(plays.track);
  column(ColumnNumber::listened_ms) = encode_listened(plays.listened_ms, plays.wide_listened_ms);
  column(ColumnNumber::skipped) = encode_skipped(plays.skipped);
  column(ColumnNumber::source) = encode_codes(plays.source);
  column(ColumnNumber::context) = encode_codes(plays.context);
  return block;
}

BlockInfo write_block(sqlite::Database& database, const EncodedBlock& block) {
  BlockInfo info = block.info;
  database
      .kept(
          "INSERT INTO playmirror_blocks (late, plays, first_at, first_id, last_at, last_id, "
          "least_id, greatest_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?)")
      ->bind_all(info.late, static_cast<std::int64_t>(info.plays), info.first.played_at,
                 info.first.id, info.last.played_at, info.last.id, info.least_id, info.greatest_id)
      .run();
  info.block = database.last_insert_rowid();
  for (std::size_t number = 0; number < block.columns.size(); ++number) {
    write_part(database, part_of(info.block, static_cast<ColumnNumber>(number)),
               block.columns[number]);
  }
  return info;
}

BlockInfo replace_block(sqlite::Database& database, const EncodedBlock& block) {
  // Deleted first, so that the new one takes its pages.
  delete_columns(database, block.info.block);
  const BlockInfo written = write_block(database, block);
  database.kept("UPDATE playmirror_removed SET block = ? WHERE block = ?")
      ->bind_all(written.block, block.info.block)
      .run();
  return written;
}

void delete_block(sqlite::Database& database, std::int64_t block) {
  delete_columns(database, block);
  database.kept("DELETE FROM playmirror_removed WHERE block = ?")->bind_all(block).run();
}

RemovedPlays read_removed(const sqlite::Database& database) {
  const auto row = database.kept(
      "SELECT block, row, played_at, track FROM playmirror_removed ORDER BY block, row");
  RemovedPlays removed;
  while (row->step()) {
    removed[row->integer(0)].push_back({static_cast<std::uint32_t>(row->integer(1)),
                                        row->integer(2),
                                        static_cast<std::uint32_t>(row->integer(3))});
  }
  return removed;
}

std::vector<std::uint32_t> read_totals(const sqlite::Database& database, const CodeLimits& codes) {
  std::vector<std::uint32_t> totals;
  if (database.kept_int("SELECT EXISTS (SELECT 1 FROM playmirror_blocks)") != 0) {
    totals = decode_totals(read_part(database, kTotalsPart));
  }
  if (totals.size() > codes.tracks) refuse_damaged("the totals of plays are of too many tracks");
  totals.resize(codes.tracks);
  return totals;
}

void write_totals(sqlite::Database& database, const std::vector<std::uint32_t>& totals) {
  write_part(database, kTotalsPart, encode_totals(totals));
}

}  // namespace playmirror::columns
