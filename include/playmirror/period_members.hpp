/// \file
/// The members of what period.hpp declares.
#pragma once

#include <playmirror/members.hpp>
#include <playmirror/period.hpp>

#include <array>
#include <tuple>

namespace playmirror {

template <>
struct Members<Unit> {
  static constexpr auto kName = "Unit";
  static constexpr std::array kAll{
      Name{Unit::hour, "hour"},   Name{Unit::day, "day"},         Name{Unit::week, "week"},
      Name{Unit::month, "month"}, Name{Unit::quarter, "quarter"}, Name{Unit::year, "year"},
  };
};

template <>
struct Members<Weekday> {
  static constexpr auto kName = "Weekday";
  static constexpr std::array kAll{
      Name{Weekday::monday, "monday"},       Name{Weekday::tuesday, "tuesday"},
      Name{Weekday::wednesday, "wednesday"}, Name{Weekday::thursday, "thursday"},
      Name{Weekday::friday, "friday"},       Name{Weekday::saturday, "saturday"},
      Name{Weekday::sunday, "sunday"},
  };
};

template <>
struct Members<Span> {
  static constexpr auto kName = "Span";
  static constexpr std::tuple kAll{
      Member{"start", &Span::start},
      Member{"end", &Span::end},
  };
};

}  // namespace playmirror
