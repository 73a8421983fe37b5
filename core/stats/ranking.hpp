/// \file
/// Plays summed up by track, artist, album, genre or context, and put in order.
#pragma once

#include "core/stats/selection.hpp"
#include "core/stats/tally.hpp"

#include <playmirror/stats_habits.hpp>

#include <cstddef>
#include <cstdint>
#include <vector>

namespace playmirror::stats {

/// Parts of a play are counted in this many: as many as the numbers up to 28 all divide, so that
/// plays split among so many artists or genres add up exactly, in any order, and equals are equal.
/// A hundred million plays of one of them have room.
inline constexpr std::int64_t kWhole = 80'313'433'200;

/// Likewise of a millisecond. There are more of those, and they do no more than rank: 16.
inline constexpr std::int64_t kWholeMs = 720'720;

/// What so many parts are, in plays. Whole numbers are exact.
[[nodiscard]] constexpr double plays_of(std::int64_t parts) noexcept {
  return static_cast<double>(parts / kWhole) +
         static_cast<double>(parts % kWhole) / static_cast<double>(kWhole);
}

/// What is known of the plays of one group.
struct GroupTally {
  Tally tally = {};
  std::int64_t parts = 0;     ///< plays times kWhole, where the filter splits them a part of that
  std::int64_t parts_ms = 0;  ///< listening time times kWholeMs, likewise
  std::int64_t days = 0;
  std::int64_t skips = 0;
  std::int64_t first_at = columns::kNoTime;           ///< finite, or kNoTime
  std::int64_t last_at = columns::kNegativeInfinity;  ///< finite, or kNegativeInfinity

  [[nodiscard]] double weight() const noexcept { return plays_of(parts); }
};

/// By group: a code of the dictionary of tracks, artists or contexts, or a number that Facts gives
/// albums and genres. Group 0 holds the plays whose group is not known.
using GroupTallies = columns::Sparse<GroupTally>;

/// All plays selected, as shares count them.
[[nodiscard]] double all_plays(const Selection& selection);

/// What is to be known of the groups beside the number of plays.
struct Wanted {
  bool time = true;  ///< listening time and skips
  bool days = true;  ///< days, first and last play: these take a look at each play
};

/// Whether the sums by which groups are ranked are at hand without a look at each play, so that
/// add_days() for the few that come out on top costs less than days for all.
[[nodiscard]] bool ranks_by_sums(const Selection& selection, Entity entity);

/// The groups of each track: of all entities but contexts.
[[nodiscard]] const Groups& groups_of(const Selection& selection, Entity entity);

/// A tally for each group of the entity that has plays.
[[nodiscard]] GroupTallies tally_groups(const Selection& selection, Entity entity,
                                        Wanted wanted = {});

/// Adds to some of the groups of an entity, but contexts, what Wanted::days stands for. `members`
/// are the groups of each track.
void add_days(const Selection& selection, const Groups& members,
              const std::vector<std::uint32_t>& of, GroupTallies& groups);

/// The parts that a play, or a millisecond, of a track with `groups` groups gives to each.
[[nodiscard]] constexpr std::int64_t part_of(bool split, std::size_t groups,
                                             std::int64_t whole = kWhole) noexcept {
  const auto count = static_cast<std::int64_t>(groups);
  return split ? (whole + count / 2) / count : whole;
}

/// The groups of any entity by their keys.
[[nodiscard]] const Order& order_of(const Selection& selection, Entity entity);

/// A group and its place.
struct Place {
  std::uint32_t group = 0;
  std::int64_t position = 0;  ///< 0: the plays whose group is not known
  std::int64_t rank = 0;
  std::int64_t of = 0;
};

/// The groups that have plays, by the filter's metric, the other metric and their key; the page
/// that the filter asks for. The unknown group comes behind all others.
[[nodiscard]] std::vector<Place> rank_groups(const StatsFilter& filter, const GroupTallies& groups,
                                             const Order& order);

}  // namespace playmirror::stats
