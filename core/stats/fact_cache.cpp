#include "core/stats/fact_cache.hpp"

namespace playmirror::stats {

std::shared_ptr<FactStore> FactCache::facts(const std::optional<CommitWatch::Mark>& mark) {
  if (!mark) return std::make_shared<FactStore>();
  const std::scoped_lock lock(mutex_);
  if (!facts_ || mark_ != *mark) {
    facts_ = std::make_shared<FactStore>();
    mark_ = *mark;
  }
  return facts_;
}

void FactCache::clear() {
  const std::scoped_lock lock(mutex_);
  facts_.reset();
}

}  // namespace playmirror::stats
