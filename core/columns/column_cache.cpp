#include "core/columns/column_cache.hpp"

#include <typeindex>
#include <typeinfo>
#include <utility>

namespace playmirror::columns {

bool ColumnCache::has_column(std::int64_t part) {
  const std::scoped_lock lock(mutex_);
  return by_part_.contains(part);
}

std::shared_ptr<const void> ColumnCache::find(std::int64_t part) {
  const std::scoped_lock lock(mutex_);
  const auto found = by_part_.find(part);
  if (found == by_part_.end()) return nullptr;
  entries_.splice(entries_.begin(), entries_, found->second);
  return found->second->column;
}

void ColumnCache::keep(std::int64_t part, std::shared_ptr<const void> column, std::size_t bytes) {
  const std::scoped_lock lock(mutex_);
  // Another thread may have been quicker.
  if (by_part_.contains(part)) return;
  entries_.push_front({part, std::move(column), bytes});
  by_part_.emplace(part, entries_.begin());
  bytes_ += bytes;
  while (bytes_ > kCacheBytes && entries_.size() > 1) {
    bytes_ -= entries_.back().bytes;
    by_part_.erase(entries_.back().part);
    entries_.pop_back();
  }
}

ColumnCache::Earned<BinTotals>& ColumnCache::running_bins(const Bins& bins) {
  const std::scoped_lock lock(bins_mutex_);
  return running_bins_[std::type_index(typeid(bins))];
}

std::optional<ColumnCache::Known> ColumnCache::known(const CommitWatch::Mark& mark) const {
  const std::scoped_lock lock(known_mutex_);
  if (!known_ || known_->mark != mark) return std::nullopt;
  return known_;
}

void ColumnCache::keep(Known known) {
  const std::scoped_lock lock(known_mutex_);
  known_ = std::move(known);
}

}  // namespace playmirror::columns
