#include "core/sample/days.hpp"

#include "core/sample/local_time.hpp"

#include <algorithm>
#include <array>

namespace playmirror::sample {
namespace {

using namespace std::chrono;

constexpr sys_days kLastDay{year{2026} / November / 20};
constexpr std::uint64_t kLongestHistory = 7305;
constexpr std::uint64_t kHoleDays = 21;  // the poller was down and nobody noticed
constexpr std::uint64_t kActivePerMille = 830;
constexpr std::array<std::int64_t, 7> kWeekdayWeights = {156, 169, 177, 184, 175, 165, 136};
constexpr std::int64_t kDaySpread = 75'900;  // mean 27.6 plays, median 20

bool clocks_change(sys_days day) {
  const year y = year_month_day{day}.year();
  return day == floor<days>(summer_begins(y)) || day == floor<days>(summer_ends(y));
}

}  // namespace

Days plan_days(const Plan& plan) {
  const std::uint64_t listening =
      std::clamp<std::uint64_t>(std::uint64_t{plan.plays} * 10 / 229, 1, kLongestHistory);
  const std::uint64_t length = listening + kHoleDays;
  const std::uint64_t hole = listening * 3 / 4;
  const std::uint64_t hole_end = hole + kHoleDays;
  const sys_days first = kLastDay - days{static_cast<int>(length) - 1};

  Random random(plan.seed, Stream::days);
  std::vector<std::uint64_t> weights;
  std::uint64_t total = 0;
  for (std::uint64_t i = 0; i < length; ++i) {
    const sys_days day = first + days{static_cast<int>(i)};
    const bool needed = i == 0 || i + 1 == length || clocks_change(day);
    const bool active = (needed || random.chance(kActivePerMille)) && (i < hole || i >= hole_end);
    const std::int64_t usual = 20 * kWeekdayWeights[weekday{day}.iso_encoding() - 1];
    const std::int64_t weight = std::max(random.log_normal(usual, kDaySpread), std::int64_t{100});
    weights.push_back(active ? static_cast<std::uint64_t>(weight) : 0);
    total += weights.back();
  }

  // Rounding the running sum, not each day, makes the rows add up.
  Days result{first, {}};
  std::uint64_t sum = 0;
  std::uint64_t given = 0;
  for (const std::uint64_t weight : weights) {
    sum += weight;
    const std::uint64_t due = sum * plan.plays / total;
    result.rows.push_back(static_cast<std::uint32_t>(due - given));
    given = due;
  }
  return result;
}

}  // namespace playmirror::sample
