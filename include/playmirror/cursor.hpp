#pragma once

#include <playmirror/export.hpp>
#include <playmirror/records.hpp>

#include <memory>
#include <optional>

namespace playmirror {

/// Rows of one listing, fetched as they are asked for. The query has run when the cursor exists,
/// and every row comes from that one moment of the file, whatever is synced meanwhile.
///
/// Belongs to one thread. Keeps the mirror's file open; destroy it when done, since an old cursor
/// holds back the trimming of SQLite's write-ahead log. Memory: one row.
template <typename Record>
class PLAYMIRROR_EXPORT Cursor {
 public:
  struct Impl;
  explicit Cursor(std::unique_ptr<Impl> impl) noexcept;
  Cursor(Cursor&&) noexcept;
  Cursor& operator=(Cursor&&) noexcept;
  ~Cursor();

  /// The next row, or nothing at the end. Throws Error.
  [[nodiscard]] std::optional<Record> next();

 private:
  std::unique_ptr<Impl> impl_;
};

extern template class Cursor<Artist>;
extern template class Cursor<Track>;
extern template class Cursor<Play>;
extern template class Cursor<Snapshot>;
extern template class Cursor<PlaylistConfig>;

}  // namespace playmirror
