#include "core/ingest/row_spool.hpp"

#include <playmirror/error.hpp>

#include <cerrno>
#include <cstring>
#include <string>

namespace playmirror::ingest {
namespace {

/// Bytes kept in memory before rows go to the file.
constexpr std::size_t kMemory = 8 << 20;

[[noreturn]] void fail(const char* doing) {
  const int error = errno;
  raise(error == ENOSPC ? ErrorCode::storage_full : ErrorCode::storage_failed,
        std::string("could not ") + doing + " a temporary file: " + std::strerror(error),
        {.hint = "Free some space in the directory for temporary files.",
         .retryable = true,
         .outcome = Outcome::rolled_back});
}

}  // namespace

void RowSpool::settle() {
  if (batch_.bytes.size() < kMemory) return;
  if (!file_) {
    file_.reset(std::tmpfile());
    if (!file_) fail("create");
  }
  const std::uint64_t size = batch_.bytes.size();
  if (std::fwrite(&size, sizeof size, 1, file_.get()) != 1 ||
      std::fwrite(batch_.bytes.data(), 1, size, file_.get()) != size) {
    fail("write");
  }
  rows_ += batch_.rows;
  batch_.clear();
}

void RowSpool::for_each(const std::function<void(std::string_view rows)>& use) {
  if (file_) {
    if (std::fflush(file_.get()) != 0) fail("write");
    std::rewind(file_.get());
    std::string piece;
    std::uint64_t size = 0;
    while (std::fread(&size, sizeof size, 1, file_.get()) == 1) {
      piece.resize(size);
      if (std::fread(piece.data(), 1, size, file_.get()) != size) fail("read");
      use(piece);
    }
  }
  if (!batch_.bytes.empty()) use(batch_.bytes);
}

}  // namespace playmirror::ingest
