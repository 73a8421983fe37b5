/// \file
/// What is known of how tracks sound, in the form in which plays are counted by it.
#pragma once

#include "core/columns/play_columns.hpp"
#include "core/stats/order.hpp"

#include <algorithm>
#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <vector>

namespace playmirror::stats {

/// The columns of `tracks` that hold audio features, those with a mean first.
inline constexpr std::array kFeatures = {"danceability", "energy",       "loudness",
                                         "speechiness",  "acousticness", "instrumentalness",
                                         "liveness",     "valence",      "tempo"};

/// One number for each of kFeatures.
using FeatureValues = std::array<double, kFeatures.size()>;

/// The features of all tracks. Values stand by the place of the track in the order of ids, so that
/// sums, which run in that order, run through memory; all else by its code.
class Features {
 public:
  static constexpr std::uint8_t kKeys = 12;     ///< and one that is not known
  static constexpr std::uint8_t kModes = 2;     ///< minor, major; likewise
  static constexpr std::uint16_t kMoods = 400;  ///< likewise

  /// What a play of one track adds to.
  struct Traits {
    std::uint32_t signature = 0;  ///< place in signatures()
    std::uint16_t mood = kMoods;  ///< see Mood
    std::uint8_t key = kKeys;
    std::uint8_t mode = kModes;
    bool has_none = true;       ///< neither features nor key, mode or time signature
    bool out_of_range = false;  ///< one is outside of what Spotify documents
  };

  /// Valence and energy, by the tenths and by the halves: numbered, so that one array counts both.
  struct Mood {
    std::uint16_t tenths;  ///< energy's times ten and valence's
    bool is_valent;        ///< 0.5 or more
    bool is_energetic;

    explicit constexpr Mood(std::uint16_t number) noexcept
        : tenths(number / 4), is_valent((number & 1) != 0), is_energetic((number & 2) != 0) {}
    Mood(double valence, double energy) noexcept;
    [[nodiscard]] constexpr std::uint16_t number() const noexcept {
      return static_cast<std::uint16_t>(tenths * 4 + (is_energetic ? 2 : 0) + (is_valent ? 1 : 0));
    }
  };

  /// All features at once, as bits.
  using Known = std::uint16_t;
  static constexpr Known kAll = (1U << kFeatures.size()) - 1;

  /// `codes` is the room for every track code.
  Features(const columns::PlayColumns& columns, const Order& order, std::size_t codes);

  /// By track code.
  [[nodiscard]] const std::vector<Traits>& traits() const noexcept { return traits_; }

  /// The time signatures that occur, rising; the last one stands for none.
  [[nodiscard]] const std::vector<std::optional<std::int64_t>>& signatures() const noexcept {
    return signatures_;
  }

  /// By place; of a feature that is not known, 0. An infinite one, which no mean could hold, is
  /// not.
  [[nodiscard]] const FeatureValues& values(std::size_t place) const noexcept {
    return values_[place];
  }
  [[nodiscard]] Known known(std::size_t place) const noexcept { return known_[place]; }
  [[nodiscard]] bool has(std::size_t place, std::size_t feature) const noexcept {
    return (known_[place] >> feature & 1U) != 0;
  }

  /// One more than the last place: that of tracks which stand in no order.
  [[nodiscard]] std::size_t places() const noexcept { return known_.size(); }

 private:
  std::vector<Traits> traits_;
  std::vector<std::optional<std::int64_t>> signatures_;
  std::vector<FeatureValues> values_;
  std::vector<Known> known_;
};

/// The tracks by the values of each feature, in buckets of neighbours: plays are counted by bucket,
/// and only where a percentile lies its tracks are looked at.
class FeatureRanks {
 public:
  static constexpr std::size_t kBuckets = 512;  ///< and one for tracks without the feature

  FeatureRanks(const Features& features, const Order& order);

  /// The buckets of a track, by its place.
  using Buckets = std::array<std::uint16_t, kFeatures.size()>;
  [[nodiscard]] const Buckets& buckets(std::size_t place) const noexcept { return buckets_[place]; }

  /// The places of the tracks in a bucket, by value.
  [[nodiscard]] std::span<const std::uint32_t> tracks(std::size_t feature,
                                                      std::size_t bucket) const noexcept {
    const auto& all = by_value_[feature];
    const std::size_t width = width_of(all.size());
    const std::size_t begin = std::min(bucket * width, all.size());
    return std::span(all).subspan(begin, std::min(width, all.size() - begin));
  }

 private:
  [[nodiscard]] static constexpr std::size_t width_of(std::size_t tracks) noexcept {
    return tracks / kBuckets + 8;  // a few at the least, or a test of few would test nothing
  }

  std::vector<Buckets> buckets_;
  std::array<std::vector<std::uint32_t>, kFeatures.size()> by_value_;  ///< places
};

}  // namespace playmirror::stats
