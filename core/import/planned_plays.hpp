#pragma once

#include "core/import/song_pool.hpp"

#include <array>
#include <cstdint>
#include <map>
#include <string>
#include <string_view>
#include <unordered_map>
#include <unordered_set>

namespace playmirror::import {

/// The plays that a dry run would have recorded, so that later listens find them as they would find
/// recorded ones.
class PlannedPlays {
 public:
  enum class Fate {
    planned,   ///< nothing stands for it: it is among them now
    repeated,  ///< the same track at the same instant
    matched,   ///< another play stands for it
  };

  /// A listen of that source and track, of which the mirror itself has no play.
  Fate meet(const std::string& source, const Listen& listen, const std::string& track_id);

 private:
  /// How far each play of a song reaches, in microseconds, by its time.
  using Plays = std::multimap<std::int64_t, std::int64_t>;

  /// Of one source, those with an exact time and those to the minute.
  struct OfSource {
    std::array<std::unordered_map<std::string, Plays>, 2> plays = {};  ///< by song
    /// Plays of any source that stand for a listen of this one.
    std::array<std::unordered_set<const Plays::value_type*>, 2> taken = {};
  };

  /// Whether one of the plays stands for the listen.
  [[nodiscard]] bool take_near(const std::string& source, const Listen& listen);
  /// Those of that name at that instant do.
  void take_at(const std::string& source, const Listen& listen);

  std::map<std::string, OfSource> sources_;

  // As hashes of what and when.
  std::unordered_set<std::uint64_t> tracks_;
  std::unordered_set<std::uint64_t> names_;
  std::unordered_set<std::uint64_t> local_names_;  ///< of tracks without another id
};

}  // namespace playmirror::import
