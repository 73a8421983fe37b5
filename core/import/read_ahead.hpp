#pragma once

#include "core/import/documents.hpp"
#include "core/import/formats.hpp"

#include <condition_variable>
#include <cstdint>
#include <deque>
#include <exception>
#include <functional>
#include <map>
#include <mutex>
#include <optional>
#include <thread>
#include <vector>

namespace playmirror::import {

/// Some rows of a document, in their order.
struct RowPiece {
  std::int64_t rows = 0;
  std::vector<Listen> listens = {};
  std::map<Reason, std::int64_t> left_out = {};
};

/// Reads a document on a thread of its own, a little ahead of the one that records: to take JSON
/// apart costs as much as to write the rows.
class ReadAhead {
 public:
  using Judge = std::function<ListenOrReason(const JsonRow&)>;

  /// `judge` is called on the other thread. Document and reading must outlive this.
  ReadAhead(const Document& document, const Reading& reading, Judge judge);
  ~ReadAhead();  ///< stops reading
  ReadAhead(const ReadAhead&) = delete;
  ReadAhead& operator=(const ReadAhead&) = delete;

  /// The next rows; nothing at the end. Calls `tick` while it waits. Throws what reading threw,
  /// such as ReadProblem, once the rows before it are taken.
  [[nodiscard]] std::optional<RowPiece> next(const std::function<void()>& tick);

 private:
  void work();
  void read();
  void hand_over(RowPiece piece);

  const Document& document_;
  const Reading& reading_;
  Judge judge_;

  std::mutex mutex_;
  std::condition_variable changed_;
  std::deque<RowPiece> waiting_;
  bool ended_ = false;
  bool stopping_ = false;
  std::exception_ptr failure_;
  std::thread thread_;
};

}  // namespace playmirror::import
