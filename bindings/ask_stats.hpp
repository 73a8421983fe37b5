/// \file
/// How a statistic is called from Python: its own arguments by position, the filter by keywords.
#pragma once

#include "convert_period.hpp"
#include "describe_stats_filter.hpp"
#include "gil.hpp"

#include <playmirror/stats.hpp>

#include <array>
#include <cstddef>
#include <pybind11/pybind11.h>
#include <type_traits>
#include <utility>

namespace playmirror::python {

using StatsClass = py::class_<Stats, Held<Stats>>;

/// One for each family of statistics, in bind_stats_*.cpp.
void add_rankings(StatsClass& stats);
void add_rhythm(StatsClass& stats);
void add_habits(StatsClass& stats);
void add_music(StatsClass& stats);
void add_story(StatsClass& stats);

/// The method with its arguments converted; `names` are what messages call those behind the filter.
template <typename Result, typename... Arguments, typename... Names>
auto ask(Result (Stats::*method)(const StatsFilter&, Arguments...) const, Names... names) {
  static_assert(sizeof...(Arguments) == sizeof...(Names));
  const std::array<const char*, sizeof...(Arguments)> known = {names...};
  return [=](const Stats& stats, const py::args& arguments, const py::kwargs& keywords) {
    const auto filter = from_keywords<StatsFilter>(keywords);
    return [&]<std::size_t... index>(std::index_sequence<index...>) {
      auto converted = std::tuple<std::decay_t<Arguments>...>(
          from_python<std::decay_t<Arguments>>(arguments[index], known[index])...);
      return to_python(
          without_gil([&] { return (stats.*method)(filter, std::get<index>(converted)...); }));
    }
    (std::index_sequence_for<Arguments...>());
  };
}

}  // namespace playmirror::python
