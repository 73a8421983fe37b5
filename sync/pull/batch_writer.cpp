#include "sync/pull/batch_writer.hpp"

#include <chrono>
#include <utility>

namespace playmirror::sync {
namespace {

/// Batches that may lie between the two threads, and for which a transaction waits before it
/// begins: each of them ends with a wait for the disk.
constexpr std::size_t kWaitingBatches = 3;

/// How long it waits for them at most: over a slow line, what has come shall be kept soon.
constexpr std::chrono::milliseconds kGathering{100};

/// Bytes of rows after which a transaction ends even if more have come meanwhile: each costs some
/// waits for the disk, and whoever wants to record a play waits for it.
constexpr std::size_t kTransactionBytes = 16 << 20;

/// How long the receiving thread waits at a time before it looks after its caller.
constexpr std::chrono::milliseconds kSlice{50};

}  // namespace

BatchWriter::BatchWriter(MirrorState& mirror, const schema::TableLayout& layout,
                         std::vector<schema::ColumnLayout> columns, const ingest::TableState& state)
    : mirror_(mirror),
      layout_(layout),
      columns_(std::move(columns)),
      mode_(state.copy == ingest::CopyState::filling ? ingest::WriteMode::fill
                                                     : ingest::WriteMode::load) {
  // The writing thread must be able to hand a batch back when there is no memory left.
  used_.reserve(kWaitingBatches + 2);
  thread_ = std::thread([this] { work(); });
}

BatchWriter::~BatchWriter() {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

template <typename Ready>
void BatchWriter::wait_until(Ready ready, pg::Waiter& waiter) {
  std::unique_lock lock(mutex_);
  while (!failure_ && !ready()) {
    changed_.wait_for(lock, kSlice);
    lock.unlock();
    waiter.tick();
    lock.lock();
  }
  if (failure_) std::rethrow_exception(failure_);
}

ingest::RowBatch BatchWriter::put(ingest::RowBatch batch, std::optional<std::string> position,
                                  Along along, pg::Waiter& waiter) {
  wait_until([this] { return waiting_.size() < kWaitingBatches; }, waiter);
  ingest::RowBatch empty;
  {
    const std::scoped_lock lock(mutex_);
    waiting_.push_back({std::move(batch), std::move(position), std::move(along)});
    if (!used_.empty()) {
      empty = std::move(used_.back());
      used_.pop_back();
    }
  }
  changed_.notify_all();
  return empty;
}

void BatchWriter::drain(pg::Waiter& waiter) {
  {
    const std::scoped_lock lock(mutex_);
    ended_ = true;
  }
  changed_.notify_all();
  wait_until([this] { return waiting_.empty() && !busy_; }, waiter);
}

void BatchWriter::work() {
  std::unique_lock lock(mutex_);
  for (;;) {
    changed_.wait(lock, [this] { return ended_ || !waiting_.empty(); });
    changed_.wait_for(lock, kGathering,
                      [this] { return ended_ || waiting_.size() >= kWaitingBatches; });
    if (waiting_.empty()) return;
    busy_ = true;
    lock.unlock();
    std::exception_ptr failure;
    try {
      mirror_.write([this](sqlite::Database& database) { write_what_waits(database); }, {},
                    MirrorState::Durability::later);
    } catch (...) {
      failure = std::current_exception();
    }
    lock.lock();
    busy_ = false;
    failure_ = failure;
    changed_.notify_all();
    if (failure) return;
  }
}

void BatchWriter::write_what_waits(sqlite::Database& database) {
  ingest::RowWriter rows(database, layout_, columns_, mode_);
  ingest::TableState state = ingest::read_state(database, layout_.name);
  std::size_t bytes = 0;
  while (bytes < kTransactionBytes) {
    auto piece = take();
    if (!piece) break;
    rows.write(piece->batch.bytes);
    if (piece->along) piece->along(database);
    state.copied_to = std::move(piece->position);
    bytes += piece->batch.bytes.size();
    give_back(std::move(piece->batch));
  }
  ingest::write_state(database, layout_.name, state);
  counts_.inserted += rows.counts().inserted;
  counts_.delivered += rows.counts().delivered;
  counts_.unchanged += rows.counts().unchanged;
}

std::optional<BatchWriter::Piece> BatchWriter::take() {
  std::optional<Piece> piece;
  {
    const std::scoped_lock lock(mutex_);
    if (waiting_.empty()) return std::nullopt;
    piece = std::move(waiting_.front());
    waiting_.pop_front();
  }
  changed_.notify_all();
  return piece;
}

void BatchWriter::give_back(ingest::RowBatch batch) {
  batch.clear();
  const std::scoped_lock lock(mutex_);
  used_.push_back(std::move(batch));
}

}  // namespace playmirror::sync
