#pragma once

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/table_state.hpp"
#include "sync/pg/failure.hpp"
#include "sync/session/server_session.hpp"

#include <chrono>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <vector>

namespace playmirror::sync {

/// What one range has brought.
struct RangeSize {
  std::int64_t rows = 0;
  std::int64_t bytes = 0;
  std::chrono::duration<double> time = {};
};

/// In which pieces a first copy reads a table. A position is a text from which a copy that was cut
/// goes on; each range's size follows from what the one before it has brought.
class CopyRanges {
 public:
  CopyRanges() = default;
  CopyRanges(const CopyRanges&) = delete;
  CopyRanges& operator=(const CopyRanges&) = delete;
  virtual ~CopyRanges() = default;

  /// What stands behind `FROM table` to read the next range.
  [[nodiscard]] virtual std::string clause() const = 0;

  /// Takes note of a batch: rows of the range in the order in which they came.
  virtual void note(const ingest::RowBatch& batch) = 0;

  /// The range came whole. False: it was the last one.
  virtual bool advance(const RangeSize& size) = 0;

  /// The range took the server longer than a statement may take: smaller ones from now on, of which
  /// the next begins at position(). False: this was the smallest.
  virtual bool shrink() = 0;

  /// From where a copy has to go on when all that came so far was written.
  [[nodiscard]] virtual const std::optional<std::string>& position() const = 0;
};

/// Whether an error of the server says that the table was rewritten while it was copied, so that
/// its blocks are others now. The copy then begins anew.
[[nodiscard]] bool is_rewritten(const pg::StatementFailed& failure);

/// Ranges of a table of `blocks` blocks, beginning at `position` if there is one and it still
/// holds. Where the server can read a table block by block this is twice as quick for it as by key;
/// else the ranges follow the key.
[[nodiscard]] std::unique_ptr<CopyRanges> make_ranges(
    const ServerTable& table, const schema::TableLayout& layout,
    const std::vector<schema::ColumnLayout>& columns, std::int64_t blocks,
    const std::optional<std::string>& position);

}  // namespace playmirror::sync
