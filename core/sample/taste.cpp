#include "core/sample/taste.hpp"

#include <algorithm>

namespace playmirror::sample {
namespace {

constexpr std::uint64_t kSameTrackPerMille = 24;
constexpr std::uint64_t kRecentPerMille = 300;
constexpr std::uint64_t kSameArtistPerMille = 330;
constexpr std::uint64_t kAdventurePerMille = 70;  // something new, popular or not
constexpr std::size_t kRecentTracks = 50;
constexpr std::uint32_t kObsessionEvery = 30;  // days
constexpr std::uint32_t kObsessionDays = 7;
constexpr std::uint64_t kObsessionFactor = 20;
constexpr int kDraws = 8;  // to find a track that is known already

// The fitted curve has 800 here. It was fitted to plays, which are already steeper than the choice
// behind them: a track that is known for long has had more time.
std::uint64_t weight_of(std::uint32_t track) { return popularity_weight(track, 1000); }

std::vector<std::uint64_t> track_weights(const Catalogue& catalogue) {
  std::vector<std::uint64_t> weights(catalogue.tracks.size());
  for (std::uint32_t i = 0; i < weights.size(); ++i) weights[i] = weight_of(i);
  return weights;
}

}  // namespace

Taste::Taste(const Plan& plan, const Catalogue& catalogue)
    : catalogue_(catalogue),
      random_(plan.seed, Stream::taste),
      popularity_(track_weights(catalogue)),
      heard_(catalogue.tracks.size(), false) {
  artist_sums_.reserve(catalogue.by_artist.size() + 1);
  artist_sums_.push_back(0);
  for (const std::uint32_t track : catalogue.by_artist) {
    artist_sums_.push_back(artist_sums_.back() + weight_of(track));
  }
  recent_.reserve(kRecentTracks + 1);
}

void Taste::begin_day(std::uint32_t day, std::uint32_t now) {
  now_ = now;
  if (day % kObsessionEvery == 0) {
    obsession_ = by_popularity();
    obsession_weight_ = weight_of(*obsession_) * (kObsessionFactor - 1);
  } else if (day % kObsessionEvery >= kObsessionDays) {
    obsession_.reset();
  }
}

std::uint32_t Taste::next_track() {
  if (random_.chance(kAdventurePerMille)) {
    last_ = by_chance();  // not to be remembered: most adventures are never repeated
  } else {
    last_ = choose();
    remember(*last_);
  }
  heard_[*last_] = true;
  return *last_;
}

std::uint32_t Taste::choose() {
  if (!last_ || recent_.empty()) return by_popularity();
  const std::uint64_t mood = random_.below(1000);
  if (mood < kSameTrackPerMille) return *last_;
  if (mood < kSameTrackPerMille + kRecentPerMille) return recent_[random_.below(recent_.size())];
  if (mood < kSameTrackPerMille + kRecentPerMille + kSameArtistPerMille) {
    if (const auto track = by_same_artist(*last_)) return *track;
  }
  if (obsession_ && random_.below(popularity_.total() + obsession_weight_) >= popularity_.total()) {
    return *obsession_;
  }
  return by_popularity();
}

std::uint32_t Taste::by_popularity() {
  std::uint32_t track = popularity_.draw(random_);
  for (int i = 1; i < kDraws && !known(track); ++i) track = popularity_.draw(random_);
  return track;
}

/// Any track at all, rather one that was never heard.
std::uint32_t Taste::by_chance() {
  std::uint32_t track = 0;
  for (int i = 0; i < kDraws; ++i) {
    track = static_cast<std::uint32_t>(random_.below(catalogue_.tracks.size()));
    if (known(track) && !heard_[track]) break;
  }
  return track;
}

/// Another track by the same artist, if a known one comes up.
std::optional<std::uint32_t> Taste::by_same_artist(std::uint32_t last) {
  const auto tracks = catalogue_.tracks_of(catalogue_.main_artist(last));
  const auto first = static_cast<std::size_t>(tracks.data() - catalogue_.by_artist.data());
  const std::uint64_t begin = artist_sums_[first];
  const std::uint64_t end = artist_sums_[first + tracks.size()];
  for (int i = 0; i < kDraws; ++i) {
    const std::uint64_t target = begin + random_.below(end - begin);
    const auto above = std::upper_bound(artist_sums_.begin() + static_cast<std::ptrdiff_t>(first),
                                        artist_sums_.end(), target);
    const std::uint32_t track =
        catalogue_.by_artist[static_cast<std::size_t>(above - artist_sums_.begin()) - 1];
    if (track != last && known(track)) return track;
  }
  return std::nullopt;
}

void Taste::remember(std::uint32_t track) {
  const auto found = std::ranges::find(recent_, track);
  if (found != recent_.end()) {
    std::rotate(recent_.begin(), found, found + 1);
    return;
  }
  recent_.insert(recent_.begin(), track);
  if (recent_.size() > kRecentTracks) recent_.pop_back();
}

}  // namespace playmirror::sample
