#include "core/query/cursor.hpp"

#include <utility>

namespace playmirror {

template <typename Record>
Cursor<Record>::Cursor(std::unique_ptr<Impl> impl) noexcept : impl_(std::move(impl)) {}
template <typename Record>
Cursor<Record>::Cursor(Cursor&&) noexcept = default;
template <typename Record>
Cursor<Record>& Cursor<Record>::operator=(Cursor&&) noexcept = default;
template <typename Record>
Cursor<Record>::~Cursor() = default;

template <typename Record>
std::optional<Record> Cursor<Record>::next() {
  // Lets go of the file at the end, and on an error: SQLite would start the statement anew.
  auto impl = std::move(impl_);
  if (!impl) return std::nullopt;
  auto record = impl->next();
  if (record) impl_ = std::move(impl);
  return record;
}

template class Cursor<Artist>;
template class Cursor<Track>;
template class Cursor<Play>;
template class Cursor<Snapshot>;
template class Cursor<PlaylistConfig>;

}  // namespace playmirror
