#pragma once

#include "core/columns/play_batch.hpp"
#include "core/columns/running_totals.hpp"

#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>

namespace playmirror::columns {

/// Sorts plays into a few bins, each by its own columns and by nothing that stands before or behind
/// it: so the plays of a period are counted by a difference of running totals.
class Bins {
 public:
  virtual ~Bins() = default;

  [[nodiscard]] virtual std::size_t size() const noexcept = 0;
  [[nodiscard]] virtual Column columns() const noexcept = 0;

  /// Adds the plays of the batch to the counts of their bins.
  virtual void add(const Batch& batch, std::span<std::uint32_t> counts) const = 0;

  /// Whether each play that the earlier ones were made for has the same bin there.
  [[nodiscard]] virtual bool continue_with(const Bins& earlier) const = 0;
};

struct BinTotals : RunningTotals<std::uint32_t> {
  using RunningTotals::RunningTotals;
  std::shared_ptr<const Bins> bins = {};
};

}  // namespace playmirror::columns
