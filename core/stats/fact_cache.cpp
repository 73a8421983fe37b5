#include "core/stats/fact_cache.hpp"

namespace playmirror::stats {

std::shared_ptr<FactStore> FactCache::facts(const columns::PlayColumns& plays) {
  const auto& mark = plays.mark();
  if (!mark) return std::make_shared<FactStore>();
  {
    const std::scoped_lock lock(mutex_);
    if (facts_ && mark_ == *mark) return facts_;
  }
  // Not under the lock, since it may wait for the file.
  const auto version = plays.catalogue_version();
  const std::scoped_lock lock(mutex_);
  // Another connection may have another file before it.
  if (!facts_ || mark_.connection != mark->connection || version_ != version) {
    facts_ = std::make_shared<FactStore>();
    version_ = version;
  }
  mark_ = *mark;
  return facts_;
}

void FactCache::clear() {
  const std::scoped_lock lock(mutex_);
  facts_.reset();
}

}  // namespace playmirror::stats
