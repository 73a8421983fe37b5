#include "core/sample/catalogue.hpp"

#include "core/sample/styles.hpp"
#include "core/sample/weighted_choice.hpp"

#include <algorithm>

namespace playmirror::sample {
namespace {

constexpr std::int64_t kMedianDurationMs = 219'000;
constexpr std::int64_t kDurationSpread = 21'700;  // 5 to 95 % within 158 to 334 s
constexpr std::uint64_t kRelinkedPerMille = 10;
constexpr std::uint64_t kKnownFromTheStartPerMille = 400;

/// Credited artists: 88 % of the tracks have one, 10 % two, 1.5 % three, 0.5 % four.
std::uint8_t draw_credit_count(Random& random) {
  const std::uint64_t draw = random.below(1000);
  if (draw < 880) return 1;
  if (draw < 980) return 2;
  return draw < 995 ? 3 : 4;
}

std::vector<std::uint64_t> artist_weights(std::uint32_t artists) {
  std::vector<std::uint64_t> weights(artists);
  for (std::uint32_t rank = 0; rank < artists; ++rank) weights[rank] = popularity_weight(rank, 20);
  return weights;
}

}  // namespace

SpotifyId::SpotifyId(Random& random) {
  constexpr std::string_view kDigits =
      "0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
  for (char& character : characters_) character = kDigits[random.below(kDigits.size())];
}

Catalogue::Catalogue(const Plan& plan) {
  artists.reserve(plan.artists);
  for (std::uint32_t i = 0; i < plan.artists; ++i) {
    Random random(plan.seed, Stream::artist, i);
    artists.push_back(
        {SpotifyId(random), static_cast<std::uint8_t>(random.below(styles().size()))});
  }

  Random random(plan.seed, Stream::catalogue);
  const WeightedChoice artist_choice(artist_weights(plan.artists));
  tracks.reserve(plan.tracks);
  for (std::uint32_t i = 0; i < plan.tracks; ++i) {
    Track track{.id = SpotifyId(random)};
    track.recording = i;
    track.known_since = random.chance(kKnownFromTheStartPerMille)
                            ? std::uint16_t{0}
                            : static_cast<std::uint16_t>(random.below(65'536));
    if (i > 0 && random.chance(kRelinkedPerMille)) {
      const Track& original = tracks[random.below(i)];
      track.recording = original.recording;
      track.duration_ms = original.duration_ms;
      track.first_credit = original.first_credit;
      track.credit_count = original.credit_count;
    } else {
      track.duration_ms = static_cast<std::int32_t>(
          std::max(random.log_normal(kMedianDurationMs, kDurationSpread), std::int64_t{20'000}));
      add_credits(track, artist_choice.draw(random), random);
    }
    tracks.push_back(track);
  }
  sort_by_artist();
}

void Catalogue::add_credits(Track& track, std::uint32_t main_artist, Random& random) {
  track.first_credit = static_cast<std::uint32_t>(credits.size());
  track.credit_count = 1;
  credits.push_back(main_artist);
  const std::uint8_t wanted = draw_credit_count(random);
  for (int guest = 1; guest < wanted; ++guest) {
    const auto artist = static_cast<std::uint32_t>(random.below(artists.size()));
    if (std::ranges::find(credits_of(track), artist) != credits_of(track).end()) continue;
    credits.push_back(artist);
    ++track.credit_count;
  }
}

void Catalogue::sort_by_artist() {
  artist_begin.assign(artists.size() + 1, 0);
  for (std::uint32_t i = 0; i < tracks.size(); ++i) {
    tracks[i].place_in_artist = artist_begin[main_artist(i) + 1]++;
  }
  for (std::size_t a = 1; a < artist_begin.size(); ++a) artist_begin[a] += artist_begin[a - 1];
  by_artist.resize(tracks.size());
  for (std::uint32_t i = 0; i < tracks.size(); ++i) {
    by_artist[artist_begin[main_artist(i)] + tracks[i].place_in_artist] = i;
  }
}

}  // namespace playmirror::sample
