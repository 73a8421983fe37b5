#pragma once

#include "core/columns/column_cache.hpp"
#include "core/columns/file_moment.hpp"
#include "core/columns/snapshot.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// The decoded columns of one block that a scan asked for.
struct BlockColumns {
  std::shared_ptr<const std::vector<std::int64_t>> played_at = {};
  std::shared_ptr<const std::vector<std::int64_t>> id = {};
  std::shared_ptr<const std::vector<std::uint32_t>> track = {};
  std::shared_ptr<const ListenedColumn> listened_ms = {};
  std::shared_ptr<const std::vector<std::int8_t>> skipped = {};
  std::shared_ptr<const std::vector<std::uint32_t>> source = {};
  std::shared_ptr<const std::vector<std::uint32_t>> context = {};

  [[nodiscard]] Batch slice(std::size_t begin, std::size_t end) const noexcept;
};

/// The rows of plays in memory, as a batch.
[[nodiscard]] Batch slice(const PlayArrays& plays, std::size_t begin, std::size_t end,
                          Column columns) noexcept;

/// Reads columns of blocks of one snapshot, each from the cache if it is there.
class BlockReader {
 public:
  BlockReader(const FileMoment& file, ColumnCache& cache, const Snapshot& snapshot)
      : file_(file), cache_(cache), snapshot_(snapshot) {}

  using Times = std::shared_ptr<const std::vector<std::int64_t>>;
  using Codes = std::shared_ptr<const std::vector<std::uint32_t>>;
  [[nodiscard]] Times times(std::size_t block) const;
  [[nodiscard]] Times ids(std::size_t block) const;
  [[nodiscard]] Codes tracks(std::size_t block) const;

  /// The ids of some rows, which rise. Of few, the column stays packed.
  [[nodiscard]] std::vector<std::int64_t> ids(std::size_t block,
                                              std::span<const std::uint32_t> rows) const;

  [[nodiscard]] BlockColumns columns(std::size_t block, Column columns) const;

  /// The rows of the block that lie in the range, as [first, second). Decodes the times only if the
  /// range ends within the block.
  [[nodiscard]] std::pair<std::size_t, std::size_t> rows(std::size_t block,
                                                         const TimeRange& range) const;

 private:
  template <typename Values, typename Decode>
  std::shared_ptr<const Values> read(std::size_t block, ColumnNumber column,
                                     const Decode& decode) const;
  [[nodiscard]] Codes codes(std::size_t block, ColumnNumber column, std::uint64_t limit) const;

  const FileMoment& file_;
  ColumnCache& cache_;
  const Snapshot& snapshot_;
};

}  // namespace playmirror::columns
