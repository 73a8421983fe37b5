#include "core/import/read_ahead.hpp"

#include "core/test_hooks.hpp"

#include <chrono>
#include <utility>

namespace playmirror::import {
namespace {

/// Rows handed over at once, and how many such pieces may wait: as many as are recorded at a time,
/// so that neither thread waits for the other to begin.
constexpr std::int64_t kPieceRows = 5000;
constexpr std::size_t kWaitingPieces = 20;

/// How long the recording thread waits at a time before it looks after its caller.
constexpr std::chrono::milliseconds kSlice{50};

/// Nobody takes the rows any more.
struct Stopped {};

}  // namespace

ReadAhead::ReadAhead(const Document& document, const Reading& reading, Judge judge)
    : document_(document), reading_(reading), judge_(std::move(judge)) {
  thread_ = std::thread([this] { work(); });
}

ReadAhead::~ReadAhead() {
  {
    const std::scoped_lock lock(mutex_);
    stopping_ = true;
  }
  changed_.notify_all();
  thread_.join();
}

std::optional<RowPiece> ReadAhead::next(const std::function<void()>& tick) {
  std::unique_lock lock(mutex_);
  while (waiting_.empty() && !ended_) {
    changed_.wait_for(lock, kSlice);
    lock.unlock();
    tick();
    lock.lock();
  }
  if (waiting_.empty()) {
    if (failure_) std::rethrow_exception(failure_);
    return std::nullopt;
  }
  RowPiece piece = std::move(waiting_.front());
  waiting_.pop_front();
  lock.unlock();
  changed_.notify_all();
  return piece;
}

void ReadAhead::work() {
  std::exception_ptr failure;
  try {
    read();
  } catch (const Stopped&) {
    return;
  } catch (...) {
    failure = std::current_exception();
  }
  const std::scoped_lock lock(mutex_);
  failure_ = failure;
  ended_ = true;
  changed_.notify_all();
}

void ReadAhead::read() {
  RowPiece piece;
  const auto take = [&](const JsonRow& row) {
    ++piece.rows;
    const bool clean = row.is_clean() || !PLAYMIRROR_SAFEGUARD("text of the server");
    ListenOrReason found = clean ? judge_(row) : Reason::bad_value;
    if (const auto* reason = std::get_if<Reason>(&found)) {
      ++piece.left_out[*reason];
    } else {
      piece.listens.push_back(std::get<Listen>(std::move(found)));
    }
    if (piece.rows == kPieceRows) hand_over(std::exchange(piece, {}));
  };
  try {
    for_each_row(*document_.open(), reading_.place, reading_.paths, take);
  } catch (const Stopped&) {
    throw;
  } catch (...) {
    // What came before it counts.
    hand_over(std::move(piece));
    throw;
  }
  hand_over(std::move(piece));
}

void ReadAhead::hand_over(RowPiece piece) {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [this] { return stopping_ || waiting_.size() < kWaitingPieces; });
  if (stopping_) throw Stopped();
  waiting_.push_back(std::move(piece));
  lock.unlock();
  changed_.notify_all();
}

}  // namespace playmirror::import
