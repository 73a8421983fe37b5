#pragma once

#include "core/columns/block_store.hpp"
#include "core/columns/code_book.hpp"
#include "core/columns/play_arrays.hpp"
#include "core/columns/sealing.hpp"
#include "core/ingest/row_reader.hpp"
#include "core/schema/layout.hpp"
#include "core/sqlite/database.hpp"

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

namespace playmirror::columns {

/// Makes columns of plays that are being loaded into an empty table, while they come by, so that
/// nothing has to be read and sorted again once they are there. Plays come more or less in the
/// order of their times: two blocks of them are kept back and sorted, and those that come later
/// than that are late plays, as after a sync.
///
/// add() touches no database, and may run on another thread than the one that writes what it gives.
class LoadedPlays {
 public:
  /// `columns` are the fields of the rows to come. The tracks and artists must be there already;
  /// whoever writes to them, or to the plays, in the meantime leaves an outbox that finish() sees.
  LoadedPlays(const sqlite::Database& database, const std::vector<schema::ColumnLayout>& columns);

  /// The row's bytes must stay until take_blocks().
  void add(const ingest::RowReader& row);

  /// The blocks that are complete and were not taken before, to be written.
  [[nodiscard]] std::vector<EncodedBlock> take_blocks();

  /// Completes the columns, inside the transaction that follows the last row. False when the table
  /// does not hold just the plays that came by, each of them once, or when they came in no order:
  /// then everything is to be rebuilt.
  [[nodiscard]] bool finish(sqlite::Database& database);

 private:
  /// Plays whose texts have no codes yet: enough of them that looking up one does not wait for
  /// memory that another one has asked for.
  struct Arrivals {
    static constexpr std::size_t kMost = 32;
    std::size_t count = 0;
    std::array<PlayRow, kMost> plays;
    std::array<std::string_view, kMost> tracks, sources, contexts;
  };

  void settle_arrivals();
  void place(const PlayRow& play);
  void make_block();
  void give_up();

  struct Fields {
    std::size_t id, played_at, track, listened_ms, skipped, source, context;
  };
  Fields fields_;
  CodeBook book_ = {};
  std::vector<EncodedBlock> complete_ = {};
  BlockBuilder builder_;
  Arrivals arrivals_;
  std::vector<PlayRow> waiting_ = {};     ///< not in a block yet
  std::vector<PlayRow> open_ended_ = {};  ///< these sort behind all others
  std::vector<std::int64_t> late_ = {};   ///< ids of plays before the last one in a block
  std::optional<PlayKey> border_ = {};    ///< that one
  std::int64_t plays_ = 0;
  bool given_up_ = false;
};

}  // namespace playmirror::columns
