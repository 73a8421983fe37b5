/// Stats::top_tracks, top_artists, top_albums, top_genres, top_contexts, one_time.

#include "core/stats/answer.hpp"
#include "core/stats/answers.hpp"
#include "core/stats/local_time.hpp"
#include "core/stats/ranking.hpp"

#include <playmirror/stats.hpp>

#include <algorithm>
#include <functional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace playmirror {
namespace {

using stats::GroupTally;
using stats::Place;
using stats::Selection;

void describe(TopTrack& item, const columns::TrackEntry& entry) {
  item.track_id = entry.id;
  item.name = stats::own_text(entry.name);
  item.artist = stats::own_text(entry.artist);
}

template <typename Item>
void fill(Item& item, const Place& place, const GroupTally& group, double plays) {
  item.plays = group.tally.plays;
  item.position = place.position;
  item.rank = place.rank;
  item.of = place.of;
  item.share = group.weight() / plays;
  item.time = group.tally.time();
  item.days = group.days;
  item.skips = group.skips;
  item.first_at = stats::finite_instant(group.first_at);
  item.last_at = stats::finite_instant(group.last_at);
}

/// The ranked items of an entity; `name` fills in what identifies one. Group 0 has no name.
template <typename Item, typename Name>
std::vector<Item> top(const Selection& selection, Entity entity, Name&& name,
                      stats::Wanted wanted = {}) {
  const StatsFilter& filter = selection.filter();
  const bool days_later =
      wanted.days && filter.limit != 0 && stats::ranks_by_sums(selection, entity);
  if (days_later) wanted.days = false;
  auto groups = stats::tally_groups(selection, entity, wanted);
  const auto places = stats::rank_groups(filter, groups, stats::order_of(selection, entity));
  if (days_later) {
    std::vector<std::uint32_t> ranked;
    for (const Place& place : places) ranked.push_back(place.group);
    stats::add_days(selection, stats::groups_of(selection, entity), ranked, groups);
  }
  const double plays = stats::all_plays(selection);
  std::vector<Item> items;
  for (const Place& place : places) {
    Item& item = items.emplace_back();
    const GroupTally& group = groups[place.group];
    fill(item, place, group, plays);
    if constexpr (requires { item.weight; }) item.weight = group.weight();
    if (place.group != 0) name(item, place.group);
  }
  return items;
}

/// By plays alone, from running totals: no play is looked at but at the ends of the period.
std::vector<TopTrack> top_by_counts(const Selection& selection) {
  const auto& filter = selection.filter();
  const auto& plays = selection.plays();
  const double all = static_cast<double>(plays.count(selection.period()));
  // An offset beyond all tracks gives nothing, however large it is.
  const auto most = static_cast<std::int64_t>(plays.track_codes());
  const auto wanted =
      static_cast<std::size_t>(std::min(filter.offset, most) + std::min(filter.limit, most));
  const std::size_t page = filter.limit != 0 ? wanted : plays.track_codes();

  std::vector<std::pair<std::uint32_t, columns::TrackEntry>> found;
  // Those that are no longer tracks make room for others.
  for (std::size_t reach = page;; reach += page) {
    const auto leading = plays.most_played(selection.period(), reach);
    found.clear();
    for (const auto& [track, count] : leading) {
      const columns::TrackEntry entry = plays.track(track);
      if (entry.exists) found.emplace_back(count, entry);
    }
    if (leading.size() < reach || found.size() >= page) break;
  }
  std::ranges::sort(found, [](const auto& a, const auto& b) {
    return a.first != b.first ? a.first > b.first : a.second.id < b.second.id;
  });

  std::vector<TopTrack> tracks;
  std::int64_t rank = 0;
  for (std::size_t i = 0; i < found.size() && (filter.limit == 0 || i < wanted); ++i) {
    const auto& [count, entry] = found[i];
    const auto position = static_cast<std::int64_t>(i) + 1;
    if (i == 0 || count != found[i - 1].first) rank = position;
    if (position <= filter.offset) continue;
    TopTrack& track = tracks.emplace_back();
    describe(track, entry);
    track.plays = count;
    track.position = position;
    track.rank = rank;
    track.share = count / all;
  }
  return tracks;
}

}  // namespace

std::vector<TopTrack> Stats::top_tracks(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    const bool counts_only = !filter.details && filter.by == Rank::plays;
    if (counts_only && selection.takes_all() && filter.track_identity == TrackIdentity::id) {
      return top_by_counts(selection);
    }
    const auto name = [&](TopTrack& item, std::uint32_t group) {
      describe(item, selection.plays().track(group));
      if (counts_only) {  // as from running totals, which know no more
        item.time = {};
        item.of = 0;
      }
    };
    auto tracks =
        top<TopTrack>(selection, Entity::track, name, {.time = !counts_only, .days = !counts_only});
    // Plays of tracks that are not known are no track.
    if (!tracks.empty() && tracks.back().position == 0) tracks.pop_back();
    return tracks;
  });
}

std::vector<TopTrack> Stats::one_time(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    auto groups = stats::tally_groups(selection, Entity::track);
    StatsFilter all = filter;
    all.limit = all.offset = 0;
    const auto& order = selection.facts().order();
    auto places = stats::rank_groups(all, groups, order);
    std::erase_if(places, [&](const Place& place) {
      return place.group == 0 || groups[place.group].tally.plays != 1;
    });
    // The latest first, one without a time last; equals in order of id.
    const auto when = [&](const Place& place) {
      const std::int64_t at = groups[place.group].first_at;
      return columns::is_finite_time(at) ? at : columns::kNegativeInfinity;
    };
    std::ranges::sort(places, [&](const Place& a, const Place& b) {
      return when(a) != when(b) ? when(a) > when(b) : order.places[a.group] < order.places[b.group];
    });
    const double plays = stats::all_plays(selection);
    std::vector<TopTrack> tracks;
    for (std::int64_t i = filter.offset; i < std::ssize(places); ++i) {
      if (filter.limit != 0 && std::ssize(tracks) == filter.limit) break;
      const Place& place = places[static_cast<std::size_t>(i)];
      TopTrack& item = tracks.emplace_back();
      fill(item, place, groups[place.group], plays);
      describe(item, selection.plays().track(place.group));
    }
    return tracks;
  });
}

std::vector<TopArtist> Stats::top_artists(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    return top<TopArtist>(selection, Entity::artist, [&](TopArtist& item, std::uint32_t group) {
      const auto& entry = selection.plays().artists()[group];
      item.artist_id = std::string(entry.id);
      item.name = stats::own_text(entry.name);
    });
  });
}

std::vector<TopAlbum> Stats::top_albums(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    return top<TopAlbum>(selection, Entity::album, [&](TopAlbum& item, std::uint32_t group) {
      const stats::Album& album = selection.facts().album(group);
      item.by_name = album.id.empty();
      if (!item.by_name) item.album_id = album.id;
      if (album.has_name) item.name = album.name;
      if (album.has_artist) item.artist = album.artist;
    });
  });
}

std::vector<TopGenre> Stats::top_genres(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    return top<TopGenre>(selection, Entity::genre, [&](TopGenre& item, std::uint32_t group) {
      item.genre = selection.facts().genre(group);
    });
  });
}

std::vector<TopContext> Stats::top_contexts(const StatsFilter& filter) const {
  return of_selection(filter, [&](const Selection& selection) {
    return top<TopContext>(selection, Entity::context, [&](TopContext& item, std::uint32_t group) {
      item.context_uri = std::string(selection.plays().contexts()[group].id);
    });
  });
}

}  // namespace playmirror
