#include "core/sample/local_time.hpp"

namespace playmirror::sample {

using namespace std::chrono;

sys_seconds summer_begins(year y) { return sys_days{y / March / Sunday[last]} + 1h; }

sys_seconds summer_ends(year y) { return sys_days{y / October / Sunday[last]} + 1h; }

sys_seconds berlin(sys_days day, seconds time_of_day) {
  const sys_seconds in_summer = day + time_of_day - 2h;
  const year y = year_month_day{day}.year();
  const bool summer = in_summer >= summer_begins(y) && in_summer < summer_ends(y);
  return summer ? in_summer : in_summer + 1h;
}

}  // namespace playmirror::sample
