/// Stats::entity_profile, year_in_review.

#include "core/stats/answer.hpp"
#include "core/stats/answers.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"
#include "core/time/units.hpp"

#include <playmirror/error.hpp>
#include <playmirror/stats.hpp>

#include <algorithm>
#include <map>
#include <string>
#include <string_view>
#include <utility>

namespace playmirror {
namespace {

using columns::Batch;
using stats::Groups;
using stats::GroupTally;
using stats::Place;
using stats::Rows;
using stats::Selection;

/// How many neighbours on each side.
constexpr std::ptrdiff_t kNeighbours = 2;

/// The tracks or the artists of a selection, ranked.
class Ranking {
 public:
  Ranking(const Selection& selection, Entity entity)
      : selection_(selection),
        tracks_(entity == Entity::track),
        groups_(stats::groups_of(selection, entity)),
        days_later_(stats::ranks_by_sums(selection, entity)),
        tallies_(stats::tally_groups(selection, entity, {.time = true, .days = !days_later_})) {
    StatsFilter all = selection.filter();
    all.limit = all.offset = 0;
    places_ = stats::rank_groups(all, tallies_, groups_.order);
    std::erase_if(places_, [](const Place& place) { return place.group == 0; });
  }

  [[nodiscard]] const Groups& groups() const noexcept { return groups_; }
  [[nodiscard]] const GroupTally& tally(std::uint32_t group) const { return *tallies_.find(group); }

  /// The same with days, and first and last play.
  [[nodiscard]] const GroupTally& whole_tally(std::uint32_t group) {
    if (days_later_) stats::add_days(selection_, groups_, {group}, tallies_);
    return tallies_[group];
  }
  [[nodiscard]] const std::vector<Place>& places() const noexcept { return places_; }

  /// The group that an id belongs to; 0 when the mirror does not know it.
  [[nodiscard]] std::uint32_t find(std::string_view id) const {
    if (!tracks_) return selection_.plays().artists().find(id);
    const std::uint32_t code = selection_.plays().tracks().find(id);
    return selection_.facts().known(code) ? selection_.identity()[code] : columns::kNone;
  }

  [[nodiscard]] std::string id(std::uint32_t group) const {
    if (tracks_) return std::string(selection_.plays().track(group).id);
    return std::string(selection_.plays().artists()[group].id);
  }
  [[nodiscard]] std::optional<std::string> name(std::uint32_t group) const {
    if (tracks_) return stats::own_text(selection_.plays().track(group).name);
    return stats::own_text(selection_.plays().artists()[group].name);
  }

 private:
  const Selection& selection_;
  bool tracks_;
  const Groups& groups_;
  bool days_later_;
  stats::GroupTallies tallies_;
  std::vector<Place> places_;
};

using PlaysByUnit = std::map<std::int64_t, std::int64_t>;

std::optional<Peak> peak(const PlaysByUnit& units) {
  const auto best = std::ranges::max_element(
      units, {}, [](const PlaysByUnit::value_type& unit) { return unit.second; });
  if (best == units.end()) return std::nullopt;
  return Peak{calendar::kEpoch + std::chrono::days(best->first), best->second};
}

void find_peaks(const Selection& selection, const Groups& groups, std::uint32_t group,
                EntityProfile& profile) {
  std::vector<char> belongs(selection.facts().tracks(), 0);
  for (std::uint32_t track = 0; track < belongs.size(); ++track) {
    const auto of_track = groups.of(track);
    belongs[track] = std::ranges::find(of_track, group) != of_track.end() ? 1 : 0;
  }
  stats::LocalUnits days = stats::LocalUnits::days(selection.zone());
  const Weekday week_start = selection.filter().week_start;
  PlaysByUnit weeks;
  PlaysByUnit months;
  selection.scan(stats::in_calendar(selection.period()),
                 stats::Column::played_at | stats::Column::track, [&](const Rows& rows) {
                   const Batch& batch = rows.batch();
                   rows.each([&](std::size_t row) {
                     if (belongs[batch.track[row]] == 0) return;
                     const std::int64_t day = days.at(batch.played_at[row]);
                     ++weeks[calendar::unit_begin(Unit::week, day, week_start)];
                     ++months[calendar::unit_begin(Unit::month, day, week_start)];
                   });
                 });
  profile.best_week = peak(weeks);
  profile.best_month = peak(months);
}

}  // namespace

EntityProfile Stats::entity_profile(const StatsFilter& filter, const std::string& id,
                                    Entity entity) const {
  if (entity != Entity::track && entity != Entity::artist) {
    raise(ErrorCode::invalid_argument, "a profile is of a track or an artist",
          {.hint = "Say which by `entity`; the id is that of the server's table."});
  }
  return of_selection(filter, [&](const Selection& selection) {
    Ranking ranking(selection, entity);
    EntityProfile profile;
    profile.id = id;
    profile.of = std::ssize(ranking.places());
    const std::uint32_t group = ranking.find(id);
    if (group == columns::kNone) return profile;
    profile.id = ranking.id(group);
    profile.name = ranking.name(group);
    const auto& places = ranking.places();
    const auto own = std::ranges::find(places, group, &Place::group);
    if (own == places.end()) return profile;

    const GroupTally& tally = ranking.whole_tally(group);
    profile.plays = tally.tally.plays;
    profile.time = tally.tally.time();
    profile.days = tally.days;
    profile.skips = tally.skips;
    profile.first_at = stats::finite_instant(tally.first_at);
    profile.last_at = stats::finite_instant(tally.last_at);
    profile.share = tally.weight() / stats::all_plays(selection);
    profile.position = own->position;
    profile.rank = own->rank;
    find_peaks(selection, ranking.groups(), group, profile);
    const auto first = own - std::min(kNeighbours, own - places.begin());
    const auto last = own + 1 + std::min(kNeighbours, places.end() - own - 1);
    for (auto place = first; place != last; ++place) {
      if (place == own) continue;
      profile.neighbours.push_back({ranking.id(place->group), ranking.name(place->group),
                                    ranking.tally(place->group).tally.plays, place->position,
                                    place->rank});
    }
    return profile;
  });
}

YearInReview Stats::year_in_review(const StatsFilter& filter, std::int64_t year) const {
  return at_one_moment([&](const Stats& here) {
    StatsFilter of_year = filter;
    of_year.period = Period::year(year);
    if (!of_year.now) of_year.now = Timestamp::now();
    YearInReview review;
    review.year = year;
    review.totals = here.totals(of_year);
    review.tracks = here.top_tracks(of_year);
    review.artists = here.top_artists(of_year);
    review.albums = here.top_albums(of_year);
    review.genres = here.genres(of_year);
    review.months = here.activity(of_year, Unit::month);
    review.discovery = here.discovery(of_year);
    review.longest_streak = here.streaks(of_year).longest;
    review.longest_session = here.sessions(of_year).longest;
    StatsFilter first = of_year;
    first.offset = 0;
    const Repeats repeats = here.repeats(first);
    if (!repeats.most_repeated.empty()) review.most_replayed = repeats.most_repeated.front();
    review.eras = here.eras(of_year);
    review.audio = here.audio_profile(of_year);
    review.compare = here.compare(of_year);
    return review;
  });
}

}  // namespace playmirror
