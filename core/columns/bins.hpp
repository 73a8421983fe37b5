#pragma once

#include "core/columns/play_batch.hpp"
#include "core/columns/running_totals.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace playmirror::columns {

/// Sorts plays into a few bins, each by its own columns and by nothing that stands before or behind
/// it, and adds up what is in them: so the sums of a period are a difference of running totals. All
/// are unsigned, so that what was added can be taken away again in any order.
class Bins {
 public:
  virtual ~Bins() = default;

  /// How many sums there are, of all bins together.
  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual Column columns() const noexcept = 0;

  /// Adds the plays of the batch to the sums of their bins.
  virtual void add(const Batch& batch, std::span<std::uint64_t> sums) const = 0;

  /// Whether each play that the earlier ones were made for has the same bin there.
  [[nodiscard]] virtual bool continue_with(const Bins& earlier) const = 0;
};

struct BinTotals : RunningTotals<std::uint64_t> {
  using RunningTotals::RunningTotals;
  std::shared_ptr<const Bins> bins = {};
};

}  // namespace playmirror::columns
