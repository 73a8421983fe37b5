#include "core/import/planned_plays.hpp"

#include "core/import/nearness.hpp"

#include <cstddef>
#include <functional>

namespace playmirror::import {
namespace {

std::uint64_t hash_of(const std::string& what, std::int64_t time) {
  return std::hash<std::string>()(what + '\x1f' + std::to_string(time));
}

std::size_t kind_of(const Listen& listen) { return listen.to_the_minute ? 1 : 0; }

}  // namespace

PlannedPlays::Fate PlannedPlays::meet(const std::string& source, const Listen& listen,
                                      const std::string& track_id) {
  const std::string& song = key_of(*listen.song);
  const std::int64_t at = listen.at.postgres_micros();
  const std::uint64_t name = hash_of(song, at);
  const bool repeated = !tracks_.insert(hash_of(track_id, at)).second;
  const bool named = (listen.song->spotify_id ? local_names_ : names_).contains(name);
  if (repeated || named) take_at(source, listen);
  if (repeated) return Fate::repeated;
  if (named || take_near(source, listen)) return Fate::matched;
  names_.insert(name);
  if (is_local(track_id)) local_names_.insert(name);
  sources_[source].plays[kind_of(listen)][song].emplace(
      at, reach_of(listen.listened_ms, listen.song->duration_ms));
  return Fate::planned;
}

bool PlannedPlays::take_near(const std::string& source, const Listen& listen) {
  const std::string& song = key_of(*listen.song);
  const std::int64_t at = listen.at.postgres_micros();
  const Reach reach(listen);
  const std::size_t kind = kind_of(listen);
  auto& taken = sources_[source].taken[kind];
  const Plays::value_type* best = nullptr;
  for (auto& [other_source, of_source] : sources_) {
    const bool same_source = other_source == source;
    for (std::size_t other = 0; other < of_source.plays.size(); ++other) {
      if (same_source && other == kind) continue;
      const auto found = of_source.plays[other].find(song);
      if (found == of_source.plays[other].end()) continue;
      auto play = found->second.lower_bound(at - reach.farthest());
      for (; play != found->second.end() && play->first <= at + reach.farthest(); ++play) {
        if (best != nullptr && best->first <= play->first) break;
        if (!reach.has(play->first - at, play->second) || taken.contains(&*play)) continue;
        if (same_source &&
            minute_of(Timestamp::from_postgres_micros(play->first)) != minute_of(listen.at)) {
          continue;
        }
        best = &*play;
      }
    }
  }
  if (best != nullptr) taken.insert(best);
  return best != nullptr;
}

void PlannedPlays::take_at(const std::string& source, const Listen& listen) {
  const std::string& song = key_of(*listen.song);
  auto& taken = sources_[source].taken[kind_of(listen)];
  for (auto& [other_source, of_source] : sources_) {
    for (const auto& plays : of_source.plays) {
      const auto found = plays.find(song);
      if (found == plays.end()) continue;
      const auto [begin, end] = found->second.equal_range(listen.at.postgres_micros());
      for (auto play = begin; play != end; ++play) taken.insert(&*play);
    }
  }
}

}  // namespace playmirror::import
