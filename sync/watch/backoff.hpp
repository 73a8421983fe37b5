#pragma once

#include <chrono>
#include <cstdint>
#include <random>

namespace playmirror::sync {

/// How long to wait after each failure in a row: `first`, then twice as long each time, up to
/// `longest`. The later half of each wait is left to chance, so that many devices do not come back
/// to a restarted server in the same moment. Knows no clock.
class Backoff {
 public:
  Backoff(std::chrono::milliseconds first, std::chrono::milliseconds longest, std::uint64_t seed);

  /// After a failure: how long to wait.
  [[nodiscard]] std::chrono::milliseconds next();

  /// After a success.
  void reset() noexcept { upper_ = first_; }

 private:
  std::chrono::milliseconds first_;
  std::chrono::milliseconds longest_;
  std::chrono::milliseconds upper_;  ///< of the next wait
  std::mt19937_64 random_;
};

}  // namespace playmirror::sync
