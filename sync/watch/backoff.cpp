#include "sync/watch/backoff.hpp"

#include <algorithm>

namespace playmirror::sync {

Backoff::Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest,
                 std::uint64_t seed)
    : first_(std::min(first, longest)), longest_(longest), upper_(first_), random_(seed) {}

std::chrono::milliseconds Backoff::next() {
  const auto upper = upper_.count();
  upper_ = upper_ > longest_ / 2 ? longest_ : upper_ * 2;
  return std::chrono::milliseconds(
      std::uniform_int_distribution<std::int64_t>(upper - upper / 2, upper)(random_));
}

}  // namespace playmirror::sync
