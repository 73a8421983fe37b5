#include "core/stats/features.hpp"

#include "core/sqlite/statement.hpp"

#include <algorithm>
#include <cmath>
#include <map>
#include <string_view>

namespace playmirror::stats {
namespace {

constexpr const char* kFeatureColumns =
    "SELECT id, danceability, energy, loudness, speechiness, acousticness, instrumentalness, "
    "liveness, valence, tempo, key, mode, time_signature FROM tracks";

constexpr std::size_t place_of(std::string_view name) {
  std::size_t place = 0;
  while (kFeatures[place] != name) ++place;
  return place;
}
constexpr std::size_t kEnergy = place_of("energy");
constexpr std::size_t kLoudness = place_of("loudness");
constexpr std::size_t kValence = place_of("valence");
constexpr std::size_t kTempo = place_of("tempo");

/// As Spotify documents it; loudness and tempo have no end that a track could not pass.
bool is_out_of_range(std::size_t feature, double value) {
  if (feature == kLoudness) return false;
  return value < 0 || (feature != kTempo && value > 1);
}

bool is_outside(const std::optional<std::int64_t>& value, std::int64_t least, std::int64_t most) {
  return value && (*value < least || *value > most);
}

/// The value where it is one of so many, else the number behind them.
std::uint8_t bin(const std::optional<std::int64_t>& value, std::uint8_t bins) {
  return value && *value >= 0 && *value < bins ? static_cast<std::uint8_t>(*value) : bins;
}

}  // namespace

Features::Mood::Mood(double valence, double energy) noexcept
    : tenths(0), is_valent(valence >= 0.5), is_energetic(energy >= 0.5) {
  const auto tenth = [](double value) {
    return static_cast<std::uint16_t>(std::clamp(value * 10, 0.0, 9.0));
  };
  tenths = static_cast<std::uint16_t>(tenth(energy) * 10 + tenth(valence));
}

Features::Features(const columns::PlayColumns& columns, const Order& order, std::size_t codes)
    : traits_(codes), values_(order.codes.size() + 1), known_(order.codes.size() + 1, 0) {
  std::map<std::int64_t, std::vector<std::uint32_t>> by_signature;
  auto row = columns.database().prepare(kFeatureColumns);
  const auto integer = [&](int column) -> std::optional<std::int64_t> {
    if (row.is_null(column)) return std::nullopt;
    return row.integer(column);
  };
  while (row.step()) {
    const std::uint32_t code = columns.tracks().find(row.text(0));
    if (code == columns::kNone) continue;
    Traits& traits = traits_[code];
    FeatureValues& values = values_[order.places[code]];
    Known& known = known_[order.places[code]];
    for (std::size_t feature = 0; feature < kFeatures.size(); ++feature) {
      const int column = static_cast<int>(feature) + 1;
      if (row.is_null(column)) continue;
      traits.has_none = false;
      const double value = row.real(column);
      if (std::isfinite(value)) {
        values[feature] = value;
        known = static_cast<Known>(known | 1U << feature);
      }
      if (!std::isfinite(value) || is_out_of_range(feature, value)) traits.out_of_range = true;
    }
    if ((known >> kValence & known >> kEnergy & 1U) != 0) {
      traits.mood = Mood(values[kValence], values[kEnergy]).number();
    }
    constexpr int kKeyColumn = static_cast<int>(kFeatures.size()) + 1;
    const auto key = integer(kKeyColumn);
    const auto mode = integer(kKeyColumn + 1);
    const auto signature = integer(kKeyColumn + 2);
    traits.key = bin(key, kKeys);
    traits.mode = bin(mode, kModes);
    if (signature) by_signature[*signature].push_back(code);
    if (key || mode || signature) traits.has_none = false;
    if (is_outside(key, -1, 11) || is_outside(mode, 0, 1) || is_outside(signature, 0, 11)) {
      traits.out_of_range = true;
    }
  }
  for (const auto& [signature, tracks] : by_signature) signatures_.emplace_back(signature);
  signatures_.emplace_back();
  for (Traits& traits : traits_) {
    traits.signature = static_cast<std::uint32_t>(signatures_.size() - 1);
  }
  std::uint32_t number = 0;
  for (const auto& [signature, tracks] : by_signature) {
    for (const std::uint32_t track : tracks) traits_[track].signature = number;
    ++number;
  }
}

FeatureRanks::FeatureRanks(const Features& features, const Order& order)
    : buckets_(features.places()) {
  for (std::size_t feature = 0; feature < kFeatures.size(); ++feature) {
    auto& sorted = by_value_[feature];
    for (std::uint32_t code = 0; code < order.places.size(); ++code) {
      const std::uint32_t place = order.places[code];
      if (features.has(place, feature)) sorted.push_back(place);
    }
    std::ranges::sort(sorted, {},
                      [&](std::uint32_t place) { return features.values(place)[feature]; });
    for (Buckets& buckets : buckets_) buckets[feature] = kBuckets;
    for (std::size_t i = 0; i < sorted.size(); ++i) {
      buckets_[sorted[i]][feature] = static_cast<std::uint16_t>(i / width_of(sorted.size()));
    }
  }
}

}  // namespace playmirror::stats
