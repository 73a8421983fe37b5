#pragma once

#include "core/ingest/copy_splitter.hpp"

#include <cstdint>
#include <cstdio>
#include <functional>
#include <memory>
#include <string_view>

namespace playmirror::ingest {

/// Rows received and not yet applied: in memory while they are few, else in an unnamed temporary
/// file. So a pull waits for the network without holding any lock, whatever it receives.
class RowSpool {
 public:
  /// Where the next rows are appended. Call settle() now and then to bound its size.
  [[nodiscard]] RowBatch& batch() noexcept { return batch_; }

  /// Moves the batch to the file if it has grown large. Throws StorageError.
  void settle();

  /// All rows in order of arrival, in pieces of whole rows. May be called again.
  void for_each(const std::function<void(std::string_view rows)>& use);

  [[nodiscard]] std::int64_t rows() const noexcept { return rows_ + batch_.rows; }

 private:
  struct CloseFile {
    void operator()(std::FILE* file) const noexcept { std::fclose(file); }
  };
  std::unique_ptr<std::FILE, CloseFile> file_ = {};
  RowBatch batch_ = {};
  std::int64_t rows_ = 0;  ///< in the file
};

}  // namespace playmirror::ingest
