/// \file
/// Percentiles as PostgreSQL's percentile_cont gives them: between two values, in proportion.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <utility>
#include <vector>

namespace playmirror::stats {

/// What lies at `share` of the way between two numbers, be they as far apart as can be.
[[nodiscard]] inline double between(double low, double high, double share) {
  const double distance = high - low;
  if (std::isfinite(distance)) return low + distance * share;
  return low * (1 - share) + high * share;
}

/// Of `n` values, of which nth(i) is the i-th in rising order. Nothing for no values.
template <typename Nth>
[[nodiscard]] std::optional<double> percentile(std::int64_t n, double share, const Nth& nth) {
  if (n == 0) return std::nullopt;
  const double place = share * static_cast<double>(n - 1);
  const auto below = static_cast<std::int64_t>(std::floor(place));
  const auto above = static_cast<std::int64_t>(std::ceil(place));
  const double low = nth(below);
  if (above == below) return low;
  return between(low, nth(above), place - static_cast<double>(below));
}

/// Values with how often each occurs, in rising order of value.
using Weighted = std::vector<std::pair<double, std::int64_t>>;

/// `n` is the sum of the weights.
[[nodiscard]] inline std::optional<double> percentile(const Weighted& values, std::int64_t n,
                                                      double share) {
  return percentile(n, share, [&](std::int64_t index) {
    std::int64_t passed = 0;
    for (const auto& [value, weight] : values) {
      passed += weight;
      if (index < passed) return value;
    }
    return values.back().first;
  });
}

/// Of plain values, in any order; puts them in another one.
[[nodiscard]] inline std::optional<double> percentile(std::span<std::int64_t> values,
                                                      double share) {
  if (values.empty()) return std::nullopt;
  const double place = share * static_cast<double>(values.size() - 1);
  const auto below = static_cast<std::ptrdiff_t>(std::floor(place));
  const auto nth = values.begin() + below;
  std::nth_element(values.begin(), nth, values.end());
  const auto low = static_cast<double>(*nth);
  if (place == static_cast<double>(below)) return low;
  const auto high = static_cast<double>(*std::min_element(nth + 1, values.end()));
  return low + (high - low) * (place - static_cast<double>(below));
}

}  // namespace playmirror::stats
