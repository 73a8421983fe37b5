#include "core/columns/play_arrays.hpp"

#include <algorithm>
#include <cstddef>
#include <limits>

namespace playmirror::columns {

PlayRow PlayArrays::row(std::size_t row) const {
  PlayRow play{key(row), track[row], {}, skipped[row], source[row], context[row]};
  if (listened_ms[row] == kWideListenedMs) {
    play.listened_ms = std::ranges::lower_bound(wide_listened_ms, static_cast<std::uint32_t>(row),
                                                {}, [](const auto& wide) { return wide.first; })
                           ->second;
  } else if (listened_ms[row] != kNoListenedMs) {
    play.listened_ms = listened_ms[row];
  }
  return play;
}

void PlayArrays::add(const PlayRow& play) {
  const auto row = static_cast<std::uint32_t>(size());
  played_at.push_back(play.key.played_at);
  id.push_back(play.key.id);
  track.push_back(play.track);
  std::int32_t listened = kNoListenedMs;
  if (play.listened_ms) {
    const bool fits = *play.listened_ms > kWideListenedMs &&
                      *play.listened_ms <= std::numeric_limits<std::int32_t>::max();
    listened = fits ? static_cast<std::int32_t>(*play.listened_ms) : kWideListenedMs;
    if (!fits) wide_listened_ms.emplace_back(row, *play.listened_ms);
  }
  listened_ms.push_back(listened);
  skipped.push_back(play.skipped);
  source.push_back(play.source);
  context.push_back(play.context);
}

void PlayArrays::add(const PlayArrays& plays, std::size_t begin, std::size_t end) {
  if (begin == end) return;
  const std::size_t place = size();
  const auto append = [&](auto& to, const auto& from) {
    const auto first = from.begin() + static_cast<std::ptrdiff_t>(begin);
    to.insert(to.end(), first, from.begin() + static_cast<std::ptrdiff_t>(end));
  };
  append(played_at, plays.played_at);
  append(id, plays.id);
  append(track, plays.track);
  append(listened_ms, plays.listened_ms);
  append(skipped, plays.skipped);
  append(source, plays.source);
  append(context, plays.context);
  const auto& wide = plays.wide_listened_ms;
  const auto before = [](const auto& entry, std::size_t row) { return entry.first < row; };
  for (auto each = std::lower_bound(wide.begin(), wide.end(), begin, before);
       each != wide.end() && each->first < end; ++each) {
    wide_listened_ms.emplace_back(static_cast<std::uint32_t>(each->first - begin + place),
                                  each->second);
  }
}

void PlayArrays::reserve(std::size_t rows) {
  played_at.reserve(rows);
  id.reserve(rows);
  track.reserve(rows);
  listened_ms.reserve(rows);
  skipped.reserve(rows);
  source.reserve(rows);
  context.reserve(rows);
}

void PlayArrays::clear() noexcept {
  played_at.clear();
  id.clear();
  track.clear();
  listened_ms.clear();
  wide_listened_ms.clear();
  skipped.clear();
  source.clear();
  context.clear();
}

}  // namespace playmirror::columns
