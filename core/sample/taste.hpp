// Which track is played next: mostly by popularity, often again, and at times the same for a week.
#pragma once

#include "core/sample/catalogue.hpp"
#include "core/sample/weighted_choice.hpp"

#include <cstdint>
#include <optional>
#include <vector>

namespace playmirror::sample {

class Taste {
 public:
  Taste(const Plan& plan, const Catalogue& catalogue);

  /// Days come in order. `now` is how much of the history has passed, in 1/65536.
  void begin_day(std::uint32_t day, std::uint32_t now);

  std::uint32_t next_track();

 private:
  std::uint32_t choose();
  std::uint32_t by_popularity();
  std::uint32_t by_chance();
  std::optional<std::uint32_t> by_same_artist(std::uint32_t last);
  bool known(std::uint32_t track) const { return catalogue_.tracks[track].known_since <= now_; }
  void remember(std::uint32_t track);

  const Catalogue& catalogue_;
  Random random_;
  WeightedChoice popularity_;
  std::vector<std::uint64_t> artist_sums_;  ///< running sums of weights along Catalogue::by_artist
  std::vector<bool> heard_;                 ///< tracks that were played at all
  std::vector<std::uint32_t> recent_;       ///< the last distinct tracks, newest first
  std::optional<std::uint32_t> last_;
  std::optional<std::uint32_t> obsession_;
  std::uint64_t obsession_weight_ = 0;
  std::uint32_t now_ = 0;
};

}  // namespace playmirror::sample
