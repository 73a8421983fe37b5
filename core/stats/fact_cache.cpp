#include "core/stats/fact_cache.hpp"

#include "core/mirror/state.hpp"

namespace playmirror::stats {

std::int64_t FactCache::version(MirrorState& state) {
  state.check_usable();  // in a forked child, nobody may ever let go of the lock
  const std::scoped_lock lock(mutex_);
  const auto usable = state.reader();  // throws once the mirror is closed
  if (!watch_) watch_ = state.open_reader();
  return watch_->query_int("PRAGMA data_version");
}

std::shared_ptr<FactStore> FactCache::facts(MirrorState& state, std::int64_t before) {
  if (version(state) != before) return std::make_shared<FactStore>();
  const std::scoped_lock lock(mutex_);
  if (!facts_ || version_ != before) {
    facts_ = std::make_shared<FactStore>();
    version_ = before;
  }
  return facts_;
}

std::unique_lock<std::mutex> FactCache::emptied() {
  std::unique_lock lock(mutex_);
  watch_.reset();
  facts_.reset();
  return lock;
}

}  // namespace playmirror::stats
