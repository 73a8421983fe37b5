#include "core/sample/styles.hpp"

#include <algorithm>

namespace playmirror::sample {
namespace {

// genres, then: danceability energy key loudness mode speechiness acousticness instrumentalness
// liveness valence tempo
constexpr Style kStyles[] = {
    {{"pop", "dance pop", "electropop", "art pop", "synthpop"},
     {650, 660, 0, -5900, 600, 70, 180, 5, 160, 520, 118000}},
    {{"indie rock", "alternative rock", "indie pop", "shoegaze", "post-punk"},
     {500, 720, 0, -6800, 650, 50, 120, 60, 180, 450, 124000}},
    {{"hip hop", "rap", "trap", "boom bap", "cloud rap"},
     {740, 640, 0, -6500, 500, 220, 160, 5, 180, 480, 112000}},
    {{"techno", "house", "deep house", "minimal techno", "electronica"},
     {760, 760, 0, -8200, 480, 60, 60, 720, 120, 380, 126000}},
    {{"ambient", "drone", "neo-classical", "electronica", "new age"},
     {280, 190, 0, -19500, 560, 45, 860, 850, 110, 150, 96000}},
    {{"classical", "baroque", "chamber music", "romantic era", "opera"},
     {300, 170, 0, -21000, 640, 45, 950, 760, 130, 220, 102000}},
    {{"jazz", "bebop", "cool jazz", "vocal jazz", "jazz fusion"},
     {530, 350, 0, -13500, 520, 60, 720, 380, 150, 480, 114000}},
    {{"metal", "metalcore", "death metal", "black metal", "doom metal"},
     {380, 930, 0, -4800, 480, 110, 10, 210, 240, 280, 130000}},
    {{"folk", "singer-songwriter", "americana", "indie folk", "acoustic"},
     {510, 350, 0, -11200, 780, 40, 760, 40, 140, 400, 115000}},
    {{"r&b", "soul", "neo soul", "funk", "motown"},
     {690, 560, 0, -7600, 500, 90, 290, 20, 150, 580, 108000}},
    {{"latin", "reggaeton", "salsa", "cumbia", "bachata"},
     {740, 740, 0, -5600, 560, 90, 230, 5, 170, 690, 104000}},
    {{"schlager", "deutschpop", "chanson", "volksmusik", "liedermacher"},
     {600, 600, 0, -7400, 720, 50, 350, 10, 190, 600, 116000}},
};

}  // namespace

std::span<const Style> styles() { return kStyles; }

Features draw_features(const Style& style, Random& random) {
  // Two hidden traits move the features together: how strong a track is, and how bright.
  const std::int64_t strength = random.normal();
  const std::int64_t brightness = random.normal();
  const auto near = [&](std::int32_t mean, std::int64_t by_strength, std::int64_t by_brightness,
                        std::int64_t own) {
    const std::int64_t moved =
        strength * by_strength + brightness * by_brightness + random.normal() * own;
    return mean + static_cast<std::int32_t>(moved / 65536);
  };
  const auto unit = [](std::int32_t value) { return std::clamp(value, 0, 1000); };
  // Shares near 0 for most tracks and large for a few.
  const auto mostly_small = [&](std::int32_t typical) {
    return unit(static_cast<std::int32_t>(random.log_normal(typical, 65536)));
  };
  const Features& t = style.typical;
  const bool keyless = random.chance(4);
  return {
      .danceability = unit(near(t.danceability, -20, 60, 90)),
      .energy = unit(near(t.energy, 130, 20, 50)),
      .key = keyless ? -1 : static_cast<std::int32_t>(random.below(12)),
      .loudness = std::clamp(near(t.loudness, 2200, 0, 1200), -60000, 411),
      .mode = random.chance(static_cast<std::uint64_t>(t.mode)) ? 1 : 0,
      .speechiness = mostly_small(t.speechiness),
      .acousticness = unit(near(t.acousticness, -150, 0, 100)),
      .instrumentalness = t.instrumentalness > 300 ? unit(near(t.instrumentalness, 0, -40, 120))
                                                   : mostly_small(t.instrumentalness),
      .liveness = mostly_small(t.liveness),
      .valence = unit(near(t.valence, 30, 170, 60)),
      .tempo = std::clamp(near(t.tempo, 6000, 4000, 18000), 40000, 220000),
  };
}

}  // namespace playmirror::sample
