/// Stats::skips, repeats, diversity.

#include "core/known_value.hpp"
#include "core/stats/answer.hpp"
#include "core/stats/answers.hpp"
#include "core/stats/distinct.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"
#include "core/stats/ratio.hpp"
#include "core/stats/sort_leading.hpp"
#include "core/stats/unit_runs.hpp"
#include "core/stats/week_hours.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>
#include <playmirror/stats_habits_members.hpp>

#include <algorithm>
#include <array>
#include <cmath>
#include <string>
#include <string_view>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::ratio;
using stats::Rows;
using stats::Selection;

constexpr std::size_t kHours = 24;

struct Skipping {
  std::int64_t known = 0;
  std::int64_t skipped = 0;

  void add(std::int8_t flag, std::int64_t times = 1) {
    known += flag == columns::kSkipUnknown ? 0 : times;
    skipped += flag == columns::kSkipped ? times : 0;
  }
  [[nodiscard]] SkipRate rate() const {
    return {std::nullopt, std::nullopt, known, skipped, ratio(skipped, known)};
  }
};

template <typename CodeOf>
std::vector<Skipping> count_skips(const Selection& selection, stats::Column column,
                                  std::size_t codes, CodeOf&& code_of) {
  std::vector<Skipping> counts(codes);
  const columns::Period period = column == stats::Column::played_at
                                     ? stats::in_calendar(selection.period())
                                     : selection.period();
  selection.scan(period, column | stats::Column::skipped, [&](const Rows& rows) {
    const Batch& batch = rows.batch();
    rows.each([&](std::size_t row) { counts[code_of(batch, row)].add(batch.skipped[row]); });
  });
  return counts;
}

/// By the hour of the day, from 0 on.
std::vector<Skipping> count_skips_by_hour(const Selection& selection) {
  if (const auto week = stats::running_week(selection)) {
    std::vector<Skipping> counts(kHours);
    for (std::size_t hour = 0; hour < week->size(); ++hour) {
      counts[hour % kHours].known += (*week)[hour].skips_known;
      counts[hour % kHours].skipped += (*week)[hour].skipped;
    }
    return counts;
  }
  stats::LocalUnits local = stats::LocalUnits::hours(selection.zone());
  return count_skips(selection, stats::Column::played_at, kHours,
                     [&](const Batch& batch, std::size_t row) {
                       return stats::hour_of_week(local.at(batch.played_at[row])) % kHours;
                     });
}

std::vector<SkipRate> skips_by_hour(const Selection& selection) {
  const auto counts = count_skips_by_hour(selection);
  std::vector<SkipRate> rates;
  for (std::size_t hour = 0; hour < counts.size(); ++hour) {
    rates.push_back(counts[hour].rate());
    rates.back().key = std::string(hour < 10 ? "0" : "") + std::to_string(hour);
  }
  return rates;
}

/// Where the filter's page of a list of `size` ends.
std::size_t page_end(const StatsFilter& filter, std::size_t size) {
  const auto all = static_cast<std::int64_t>(size);
  if (filter.limit == 0 || filter.limit > all - filter.offset) return size;
  return static_cast<std::size_t>(filter.offset + filter.limit);
}

std::optional<double> top_share(const std::vector<double>& falling, std::size_t count, double all) {
  if (all == 0) return std::nullopt;
  double sum = 0;
  for (std::size_t i = 0; i < std::min(count, falling.size()); ++i) sum += falling[i];
  return sum / all;
}

}  // namespace

std::vector<SkipRate> Stats::skips(const StatsFilter& filter, SkipGroup group,
                                   std::int64_t min_known) const {
  require_known("group", group);
  if (min_known < 0) {
    raise(ErrorCode::invalid_argument, "min_known is negative",
          {.hint = "0 lists all that have a rate."});
  }
  return of_selection(filter, [&](const Selection& selection) -> std::vector<SkipRate> {
    if (group == SkipGroup::hour) return skips_by_hour(selection);
    if (group == SkipGroup::none) {
      return {count_skips(selection, stats::Column::none, 1,
                          [](const Batch&, std::size_t) { return 0U; })[0]
                  .rate()};
    }
    const bool by_context = group == SkipGroup::context;
    auto counts =
        by_context
            ? count_skips(selection, stats::Column::context, selection.plays().contexts().size(),
                          [](const Batch& batch, std::size_t row) { return batch.context[row]; })
            : count_skips(selection, stats::Column::track, selection.facts().tracks(),
                          [](const Batch& batch, std::size_t row) { return batch.track[row]; });
    const Entity entity = by_context                   ? Entity::context
                          : group == SkipGroup::artist ? Entity::artist
                                                       : Entity::track;
    if (!by_context) {
      const Groups& groups = stats::groups_of(selection, entity);
      std::vector<Skipping> sums(groups.count);
      for (std::uint32_t track = 0; track < counts.size(); ++track) {
        for (const std::uint32_t each : groups.of(track)) {
          sums[each].known += counts[track].known;
          sums[each].skipped += counts[track].skipped;
        }
      }
      counts = std::move(sums);
    }
    const stats::Order& order = stats::order_of(selection, entity);
    std::vector<std::uint32_t> rated;
    for (const std::uint32_t code : order.codes) {
      if (counts[code].known >= std::max<std::int64_t>(min_known, 1)) rated.push_back(code);
    }
    // Fractions are compared without dividing; of equals, what is known better comes first.
    stats::sort_leading(
        rated, page_end(filter, rated.size()), [&](std::uint32_t a, std::uint32_t b) {
          const std::int64_t left = counts[a].skipped * counts[b].known;
          const std::int64_t right = counts[b].skipped * counts[a].known;
          if (left != right) return left > right;
          return counts[a].known != counts[b].known ? counts[a].known > counts[b].known
                                                    : order.places[a] < order.places[b];
        });
    std::vector<SkipRate> rates;
    for (std::int64_t i = filter.offset; i < std::ssize(rated); ++i) {
      if (filter.limit != 0 && i - filter.offset >= filter.limit) break;
      const std::uint32_t code = rated[static_cast<std::size_t>(i)];
      SkipRate& rate = rates.emplace_back(counts[code].rate());
      if (by_context) {
        rate.key = std::string(selection.plays().contexts()[code].id);
      } else if (group == SkipGroup::track) {
        const auto entry = selection.plays().track(code);
        rate.key = std::string(entry.id);
        rate.name = stats::own_text(entry.name);
      } else {
        const auto& entry = selection.plays().artists()[code];
        rate.key = std::string(entry.id);
        rate.name = stats::own_text(entry.name);
      }
    }
    return rates;
  });
}

Repeats Stats::repeats(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const Groups& tracks = stats::groups_of(selection, Entity::track);
    const auto& group_of = tracks.single();  // of each track; 0: not known
    struct Run {
      std::uint32_t track = 0;
      std::int64_t plays = 0;
      std::int64_t first = 0;
      std::int64_t last = 0;
    };
    Run run;
    Run longest;
    struct Days {
      stats::MetUnits met = {};
      std::uint32_t active = 0;
    };
    std::vector<Days> days_of(tracks.count);
    stats::LocalUnits local = stats::LocalUnits::days(selection.zone());
    selection.scan(
        columns::Period{
            std::max(selection.period().since.value_or(columns::kNegativeInfinity + 1),
                     columns::kNegativeInfinity + 1),
            std::min(selection.period().until.value_or(columns::kInfinity), columns::kInfinity)},
        stats::Column::track | stats::Column::skipped | stats::Column::played_at,
        [&](const Rows& rows) {
          const Batch& batch = rows.batch();
          rows.each([&](std::size_t row) {
            // No branch but on what is rare: a track that follows itself.
            const std::uint32_t heard = batch.skipped[row] == columns::kSkipped ? 0U : ~0U;
            const std::uint32_t track = group_of[batch.track[row]] & heard;
            const std::int64_t at = batch.played_at[row];
            if (track == run.track && track != 0) {
              ++run.plays;
              run.last = at;
            } else {
              run = {track, track != 0 ? 1 : 0, at, at};
            }
            if (run.plays > longest.plays) longest = run;
          });
          stats::each_run(rows, local, [&](std::int64_t day, std::size_t begin, std::size_t end) {
            for (std::size_t i = begin; i < end; ++i) {
              Days& each = days_of[group_of[batch.track[rows[i]]]];
              each.active += each.met.first(day) ? 1 : 0;
            }
          });
        });

    Repeats result;
    columns::Sparse<std::int64_t> plays_of(tracks.count);
    for (const auto& [track, plays] : selection.track_counts()) plays_of[group_of[track]] += plays;
    struct Repeated {
      std::int64_t plays;
      std::int64_t days;
      std::uint32_t place;  ///< in the order of ids
      std::uint32_t track;
    };
    std::vector<Repeated> repeated;
    for (const auto& [track, plays] : plays_of.items()) {
      if (track == 0) continue;
      result.plays += plays;
      ++result.tracks;
      const std::int64_t days = days_of[track].active;
      if (days > 0) repeated.push_back({plays, days, tracks.order.places[track], track});
    }
    result.plays_per_track = ratio(result.plays, result.tracks);
    if (const auto distinct = ratio(result.tracks, result.plays))
      result.repeat_share = 1 - *distinct;
    if (longest.plays > 0) {
      const auto entry = selection.plays().track(longest.track);
      result.longest_run = {std::string(entry.id), stats::own_text(entry.name), longest.plays,
                            stats::to_timestamp(longest.first), stats::to_timestamp(longest.last)};
    }
    stats::sort_leading(repeated, page_end(filter, repeated.size()),
                        [](const Repeated& a, const Repeated& b) {
                          const std::int64_t left = a.plays * b.days;
                          const std::int64_t right = b.plays * a.days;
                          if (left != right) return left > right;
                          return a.plays != b.plays ? a.plays > b.plays : a.place < b.place;
                        });
    for (std::int64_t i = filter.offset; i < std::ssize(repeated); ++i) {
      if (filter.limit != 0 && i - filter.offset >= filter.limit) break;
      const auto& [plays, days, place, track] = repeated[static_cast<std::size_t>(i)];
      const auto entry = selection.plays().track(track);
      result.most_repeated.push_back({std::string(entry.id), stats::own_text(entry.name),
                                      stats::own_text(entry.artist), plays, days,
                                      static_cast<double>(plays) / static_cast<double>(days)});
    }
    return result;
  });
}

Diversity Stats::diversity(const StatsFilter& filter, Entity entity) const {
  require_known("entity", entity);
  return of_selection(filter, [&](const Selection& selection) {
    const auto groups = stats::tally_groups(selection, entity, {.time = false, .days = false});
    std::vector<double> weights;
    std::int64_t plays = 0;
    std::int64_t parts = 0;  // of further plays
    Diversity result;
    for (const std::uint32_t group : stats::order_of(selection, entity).codes) {
      const stats::GroupTally* tally = groups.find(group);
      if (tally == nullptr) continue;
      weights.push_back(tally->weight());
      plays += tally->parts / stats::kWhole;
      parts += tally->parts % stats::kWhole;
    }
    result.richness = std::ssize(weights);
    result.plays = static_cast<double>(plays) + stats::plays_of(parts);
    if (weights.empty()) return result;

    double shannon = 0;
    double squares = 0;
    for (const double weight : weights) {
      const double share = weight / result.plays;
      shannon -= share * std::log(share);
      squares += share * share;
    }
    const auto richness = static_cast<double>(weights.size());
    result.shannon = shannon;
    result.effective = std::exp(shannon);
    if (weights.size() > 1) result.evenness = shannon / std::log(richness);
    result.simpson = 1 - squares;
    std::ranges::sort(weights, std::ranges::greater());
    double ranked = 0;
    for (std::size_t i = 0; i < weights.size(); ++i) {
      ranked += static_cast<double>(weights.size() - i) * weights[i];
    }
    // Rounding can lead below zero when all are equal.
    const double gini = 2 * ranked / (richness * result.plays) - (richness + 1) / richness;
    result.gini = std::max(gini, 0.0);
    result.top_1_share = top_share(weights, 1, result.plays);
    result.top_10_share = top_share(weights, 10, result.plays);
    result.top_100_share = top_share(weights, 100, result.plays);
    return result;
  });
}

}  // namespace playmirror
