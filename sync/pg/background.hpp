#pragma once

#include "sync/pg/tuning.hpp"
#include "sync/pg/wait.hpp"

#include <algorithm>
#include <chrono>
#include <future>
#include <optional>
#include <thread>
#include <utility>

namespace playmirror::pg {

/// Runs `work`, which may block for minutes and cannot be interrupted (name lookup, PQcancel), on a
/// thread of its own. Its result, or nothing when `deadline` came first; the thread is then left to
/// itself, so `work` must own all it uses. Looks after the waiter's CallControl meanwhile.
template <class Work>
auto in_background(Work work, std::chrono::steady_clock::time_point deadline, Waiter& waiter)
    -> std::optional<decltype(work())> {
  std::packaged_task<decltype(work())()> task(std::move(work));
  auto result = task.get_future();
  std::thread(std::move(task)).detach();
  while (true) {
    waiter.tick();
    const auto left = deadline - std::chrono::steady_clock::now();
    const auto slice = std::min<std::chrono::steady_clock::duration>(left, CallWatch::kSlice);
    if (result.wait_for(slice) == std::future_status::ready) return result.get();
    if (left <= slice) return std::nullopt;
  }
}

}  // namespace playmirror::pg
