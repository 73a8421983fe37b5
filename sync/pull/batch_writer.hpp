#pragma once

#include "core/ingest/copy_splitter.hpp"
#include "core/ingest/row_writer.hpp"
#include "core/ingest/table_state.hpp"
#include "core/mirror/state.hpp"
#include "sync/pg/wait.hpp"

#include <condition_variable>
#include <deque>
#include <exception>
#include <functional>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <vector>

namespace playmirror::sync {

/// Writes batches of a first copy on a thread of its own, while the calling thread receives the
/// next: those that have come, with the point that they have reached, in one local transaction.
class BatchWriter {
 public:
  BatchWriter(MirrorState& mirror, const schema::TableLayout& layout,
              std::vector<schema::ColumnLayout> columns, const ingest::TableState& state);
  ~BatchWriter();  ///< waits until what was handed over is written, or cannot be
  BatchWriter(const BatchWriter&) = delete;
  BatchWriter& operator=(const BatchWriter&) = delete;

  /// What is written in the transaction of a batch beside its rows; may be empty.
  using Along = std::function<void(sqlite::Database&)>;

  /// Hands over a batch, which may be empty, with the position that the copy has reached by it.
  /// Returns an empty one, with memory that was used before if there is any; waits, looking after
  /// the caller, while enough others are under way. Throws what the writing threw.
  [[nodiscard]] ingest::RowBatch put(ingest::RowBatch batch, std::optional<std::string> position,
                                     Along along, pg::Waiter& waiter);

  /// Waits until everything is written; nothing may be handed over afterwards.
  void drain(pg::Waiter& waiter);

  /// Call after drain().
  [[nodiscard]] const ingest::WriteCounts& counts() const noexcept { return counts_; }

 private:
  struct Piece {
    ingest::RowBatch batch = {};
    std::optional<std::string> position = {};
    Along along = {};
  };

  void work();
  void write_what_waits(sqlite::Database& database);
  [[nodiscard]] std::optional<Piece> take();
  void give_back(ingest::RowBatch batch);

  template <typename Ready>
  void wait_until(Ready ready, pg::Waiter& waiter);

  MirrorState& mirror_;
  const schema::TableLayout& layout_;
  std::vector<schema::ColumnLayout> columns_;
  ingest::WriteMode mode_;
  ingest::WriteCounts counts_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<Piece> waiting_;
  std::vector<ingest::RowBatch> used_;
  bool busy_ = false;
  bool ended_ = false;  ///< nothing more will come
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace playmirror::sync
