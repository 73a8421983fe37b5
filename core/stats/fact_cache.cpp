#include "core/stats/fact_cache.hpp"

#include "core/mirror/state.hpp"

namespace playmirror::stats {

std::int64_t FactCache::version(MirrorState& state) {
  state.check_usable();  // in a forked child, nobody may ever let go of the lock
  const std::scoped_lock lock(mutex_);
  const auto usable = state.reader();  // throws once the mirror is closed
  if (!watch_) watch_ = state.open_reader();
  return version();
}

std::int64_t FactCache::version() const {
  const auto number = watch_->kept("PRAGMA data_version");
  return number->step() ? number->integer(0) : 0;
}

std::shared_ptr<FactStore> FactCache::facts(std::int64_t before) {
  const std::scoped_lock lock(mutex_);
  if (!watch_ || version() != before) return std::make_shared<FactStore>();
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
