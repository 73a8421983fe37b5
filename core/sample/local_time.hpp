// Wall clock time in Europe/Berlin, by the rule of the European Union: one hour ahead of UTC, two
// from the last Sunday of March to the last Sunday of October, changing at 01:00 UTC.
#pragma once

#include <chrono>

namespace playmirror::sample {

using Instant = std::chrono::sys_time<std::chrono::microseconds>;

/// The instants at which the clocks change in a year.
std::chrono::sys_seconds summer_begins(std::chrono::year year);
std::chrono::sys_seconds summer_ends(std::chrono::year year);

/// The instant at which clocks in Berlin show this time of this day. In spring's missing hour the
/// clock is taken to have moved on already; in autumn's doubled hour the first one is meant.
std::chrono::sys_seconds berlin(std::chrono::sys_days day, std::chrono::seconds time_of_day);

}  // namespace playmirror::sample
