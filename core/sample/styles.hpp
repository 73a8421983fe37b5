// Kinds of music: what they are called, and how they measure. An artist has one style and the
// features of a track are drawn around it, so that the values of a row belong together.
#pragma once

#include "core/sample/random.hpp"

#include <array>
#include <cstdint>
#include <span>
#include <string_view>

namespace playmirror::sample {

/// Audio features in thousandths of their unit (0..1, dB, beats per minute), key and mode as is.
struct Features {
  std::int32_t danceability, energy, key, loudness, mode, speechiness, acousticness,
      instrumentalness, liveness, valence, tempo;
};

struct Style {
  std::array<std::string_view, 5> genres;
  Features typical;  ///< key is not used; mode is the share of major keys, per mille
};

std::span<const Style> styles();

/// The features of one track of this style.
Features draw_features(const Style& style, Random& random);

}  // namespace playmirror::sample
