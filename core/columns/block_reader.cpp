#include "core/columns/block_reader.hpp"

#include <algorithm>
#include <span>

namespace playmirror::columns {
namespace {

/// Rows of less than this part of a block are few.
constexpr std::size_t kFewRows = 64;

/// In the cache, beside the columns: the ids as they are packed.
constexpr auto kPackedIds = static_cast<ColumnNumber>(kColumnCount);

/// What a column of a block is known by in the cache.
std::int64_t part_of(const BlockInfo& block, ColumnNumber column) {
  constexpr std::int64_t kParts = kColumnCount + 1;
  return block.block * kParts + static_cast<std::int64_t>(column);
}

template <typename T>
std::span<const T> part(const std::vector<T>& values, std::size_t begin, std::size_t end) {
  return std::span(values).subspan(begin, end - begin);
}

template <typename T>
std::span<const T> part(const std::shared_ptr<const std::vector<T>>& values, std::size_t begin,
                        std::size_t end) {
  return values ? part(*values, begin, end) : std::span<const T>();
}

template <typename T>
std::size_t size_of(const std::vector<T>& values) {
  return values.size() * sizeof(T);
}
std::size_t size_of(const ListenedColumn& column) {
  return size_of(column.values) + size_of(column.wide);
}

}  // namespace

Batch BlockColumns::slice(std::size_t begin, std::size_t end) const noexcept {
  Batch batch;
  batch.size = end - begin;
  batch.first.row = begin;
  batch.played_at = part(played_at, begin, end);
  batch.id = part(id, begin, end);
  batch.track = part(track, begin, end);
  if (listened_ms) {
    batch.listened_ms = part(listened_ms->values, begin, end);
    batch.wide_values = listened_ms->wide;
  }
  batch.skipped = part(skipped, begin, end);
  batch.source = part(source, begin, end);
  batch.context = part(context, begin, end);
  return batch;
}

Batch slice(const PlayArrays& plays, std::size_t begin, std::size_t end, Column columns) noexcept {
  Batch batch;
  batch.size = end - begin;
  batch.first.row = begin;
  const auto wants = [&](Column column) { return contains(columns, column); };
  if (wants(Column::played_at)) batch.played_at = part(plays.played_at, begin, end);
  if (wants(Column::id)) batch.id = part(plays.id, begin, end);
  if (wants(Column::track)) batch.track = part(plays.track, begin, end);
  if (wants(Column::listened_ms)) {
    batch.listened_ms = part(plays.listened_ms, begin, end);
    batch.wide_values = plays.wide_listened_ms;
  }
  if (wants(Column::skipped)) batch.skipped = part(plays.skipped, begin, end);
  if (wants(Column::source)) batch.source = part(plays.source, begin, end);
  if (wants(Column::context)) batch.context = part(plays.context, begin, end);
  return batch;
}

template <typename Values, typename Decode>
std::shared_ptr<const Values> BlockReader::read(std::size_t block, ColumnNumber column,
                                                const Decode& decode) const {
  const BlockInfo& info = snapshot_.blocks[block];
  return cache_.column<Values>(part_of(info, column), [&] {
    const std::string bytes = read_column(file_.database(), info.block, column);
    auto values = std::make_shared<const Values>(decode(bytes, info.plays));
    const std::size_t size = size_of(*values);
    return std::pair<std::shared_ptr<const Values>, std::size_t>(std::move(values), size);
  });
}

BlockReader::Times BlockReader::times(std::size_t block) const {
  return read<std::vector<std::int64_t>>(block, ColumnNumber::played_at, decode_times);
}

BlockReader::Times BlockReader::ids(std::size_t block) const {
  return read<std::vector<std::int64_t>>(block, ColumnNumber::id, decode_ids);
}

std::vector<std::int64_t> BlockReader::ids(std::size_t block,
                                           std::span<const std::uint32_t> rows) const {
  const auto look_up = [&](const auto& ids) {
    std::vector<std::int64_t> found;
    found.reserve(rows.size());
    for (const std::uint32_t row : rows) found.push_back(ids[row]);
    return found;
  };
  const BlockInfo& info = snapshot_.blocks[block];
  const bool few = rows.size() < info.plays / kFewRows;
  if (!few || cache_.has_column(part_of(info, ColumnNumber::id))) return look_up(*ids(block));
  return look_up(*cache_.column<PackedIds>(part_of(info, kPackedIds), [&] {
    auto packed = std::make_shared<const PackedIds>(
        read_column(file_.database(), info.block, ColumnNumber::id), info.plays);
    const std::size_t memory = packed->memory();
    return std::pair(std::move(packed), memory);
  }));
}

BlockReader::Codes BlockReader::codes(std::size_t block, ColumnNumber column,
                                      std::uint64_t limit) const {
  return read<std::vector<std::uint32_t>>(block, column,
                                          [limit](std::string_view bytes, std::size_t size) {
                                            return decode_codes(bytes, size, limit);
                                          });
}

BlockReader::Codes BlockReader::tracks(std::size_t block) const {
  return codes(block, ColumnNumber::track, snapshot_.codes.tracks);
}

BlockColumns BlockReader::columns(std::size_t block, Column columns) const {
  const auto wants = [&](Column column) { return contains(columns, column); };
  BlockColumns result;
  if (wants(Column::played_at)) result.played_at = times(block);
  if (wants(Column::id)) result.id = ids(block);
  if (wants(Column::track)) result.track = tracks(block);
  if (wants(Column::listened_ms)) {
    result.listened_ms = read<ListenedColumn>(block, ColumnNumber::listened_ms, decode_listened);
  }
  if (wants(Column::skipped)) {
    result.skipped = read<std::vector<std::int8_t>>(block, ColumnNumber::skipped, decode_skipped);
  }
  if (wants(Column::source)) {
    result.source = codes(block, ColumnNumber::source, snapshot_.codes.sources);
  }
  if (wants(Column::context)) {
    result.context = codes(block, ColumnNumber::context, snapshot_.codes.contexts);
  }
  return result;
}

std::pair<std::size_t, std::size_t> BlockReader::rows(std::size_t block,
                                                      const TimeRange& range) const {
  const BlockInfo& info = snapshot_.blocks[block];
  if (info.first.played_at >= range.begin && range.is_before_end(info.last.played_at)) {
    return {0, info.plays};
  }
  if (info.last.played_at < range.begin) return {info.plays, info.plays};
  if (!range.is_before_end(info.first.played_at)) return {0, 0};
  return range.rows(*times(block));
}

}  // namespace playmirror::columns
