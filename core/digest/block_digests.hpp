#pragma once

#include "core/call_watch.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <vector>

/// Short sums over blocks of rows, by which two copies of a table are compared.
///
/// The digest of a block is the sum, modulo 2^64, of one hash for each value that is not NULL,
/// seeded by the key of its row and the name of its column. So it depends neither on the order of
/// rows nor on that of columns, a value in another row or column counts as another value, and the
/// server finds it by plain SQL (sync/check/digest_query.hpp). Blocks are those of key_blocks.hpp.
namespace playmirror::digest {

struct BlockDigest {
  std::int64_t rows = 0;
  std::uint64_t sum = 0;

  friend bool operator==(const BlockDigest&, const BlockDigest&) = default;
};

/// By the block's name, as ingest::BlockCounts has it.
using BlockDigests = std::map<std::string, BlockDigest, std::less<>>;

/// What a column's name adds to the seed.
[[nodiscard]] std::uint64_t column_seed(std::string_view column) noexcept;

/// What stands for a real number in its hash: its bytes as hexadecimal digits, the highest first;
/// or "NaN", of which there are many.
[[nodiscard]] std::string real_digits(double value);

enum class Rows {
  from_server,  ///< as the server has them: odd values count as themselves, pending rows do not
  all,          ///< as the file has them
};

/// The digests of a table's blocks, over these columns. Reads the whole table.
[[nodiscard]] BlockDigests digest_blocks(sqlite::Database& database,
                                         const schema::TableLayout& table,
                                         const std::vector<schema::ColumnLayout>& columns,
                                         Rows which, CallWatch& watch);

}  // namespace playmirror::digest
