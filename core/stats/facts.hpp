/// \file
/// What statistics know of tracks and artists beside their names, as arrays by code. The codes are
/// those of the dictionaries in PlayColumns; code 0 is the track of plays that name none.
#pragma once

#include "core/columns/play_columns.hpp"

#include <playmirror/stats_filter.hpp>

#include <array>
#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <mutex>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <unordered_set>
#include <utility>
#include <vector>

namespace playmirror::stats {

class Tenths;

/// For each track the groups it belongs to: artists, genres, an album. Group 0 is "not known".
struct Groups {
  std::vector<std::uint32_t> begin = {0};  ///< where a track's groups begin; one more than tracks
  std::vector<std::uint32_t> members = {};
  std::size_t count = 1;                  ///< groups, the unknown one included
  std::vector<std::uint32_t> order = {};  ///< the groups but 0, by their key byte by byte

  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t track) const noexcept {
    return {members.data() + begin[track], begin[track + 1] - begin[track]};
  }

  /// Adds the next track.
  void add(std::span<const std::uint32_t> groups) {
    members.insert(members.end(), groups.begin(), groups.end());
    begin.push_back(static_cast<std::uint32_t>(members.size()));
  }
};

struct Album {
  std::string id = {};  ///< raw_data.album.id; empty for one known by its name
  std::string name = {};
  std::string artist = {};  ///< display string
  bool has_name = false;
  bool has_artist = false;
};

/// The columns of `tracks` that hold audio features, those with a mean first.
inline constexpr std::array kFeatures = {"danceability", "energy",       "loudness",
                                         "speechiness",  "acousticness", "instrumentalness",
                                         "liveness",     "valence",      "tempo"};

struct Features {
  std::array<std::optional<double>, kFeatures.size()> values = {};  ///< finite
  bool infinite = false;  ///< one is infinite, which no mean could hold: it counts as unknown
  std::optional<std::int64_t> key = {};
  std::optional<std::int64_t> mode = {};
  std::optional<std::int64_t> time_signature = {};
};

/// What was read of the facts of one state of the file, shared by all calls that find it unchanged.
/// A part that is there never changes again, but `doubles` may give way to others.
struct FactStore {
  std::recursive_mutex filling = {};  ///< held while a part is looked for and read
  bool has_raw_data = false;
  std::vector<char> known = {};
  std::vector<std::uint32_t> order = {};
  std::vector<std::int64_t> durations = {};
  std::shared_ptr<const Tenths> tenths = {};
  std::array<std::vector<std::uint32_t>, 3> identities = {};
  std::array<std::optional<Groups>, 3> artists = {};
  std::vector<std::uint32_t> primary = {};  ///< artist code by track
  std::vector<std::string> isrcs = {};
  std::optional<Groups> albums = {};
  std::vector<Album> album_list = {};
  std::vector<std::optional<std::string>> album_names = {};  ///< of each track, in `tracks`
  std::optional<Groups> genres = {};
  std::vector<std::string> genre_list = {};
  std::vector<std::int32_t> years = {};
  std::vector<Features> features = {};
  std::array<std::vector<std::uint32_t>, kFeatures.size()> by_feature = {};

  struct Doubles {
    TrackIdentity identity;
    std::chrono::milliseconds window;
    std::unordered_set<std::int64_t> ids;
  };
  std::shared_ptr<const Doubles> doubles = {};  ///< those asked for last
};

/// Each part is read when it is first asked for.
class Facts {
 public:
  /// `store` has what was read before of the same state of the file.
  Facts(const columns::PlayColumns& columns, std::shared_ptr<FactStore> store)
      : columns_(columns), store_(std::move(store)) {}

  /// Of the dictionary and of the column: an array of this size has room for every code.
  [[nodiscard]] std::size_t tracks() const;

  /// Whether the track has a row in `tracks`.
  [[nodiscard]] bool known(std::uint32_t track) {
    if (known_ == nullptr) read_known();
    return (*known_)[track] != 0;
  }

  /// The track codes but 0 in order of id, byte by byte.
  const std::vector<std::uint32_t>& order();

  /// Milliseconds; -1 where it is not known.
  const std::vector<std::int64_t>& durations();

  /// How those divide plays; see tenths.hpp.
  std::shared_ptr<const Tenths> tenths();

  /// The code that stands for each track: the lowest id of those that are the same.
  const std::vector<std::uint32_t>& identity(TrackIdentity identity);

  /// Artists of each track, group 0 if there are none. The groups are the artists' codes.
  const Groups& artists(ArtistCredit credit);

  const Groups& albums();
  [[nodiscard]] const Album& album(std::uint32_t group) const { return store_->album_list[group]; }

  /// What each track calls its album; not all tracks of an album need agree.
  const std::vector<std::optional<std::string>>& album_names();

  /// Genres of each track: those of all its artists, lower case, each once.
  const Groups& genres();
  [[nodiscard]] const std::string& genre(std::uint32_t group) const {
    return store_->genre_list[group];
  }

  /// The year each track came out; 0 where it is not known.
  const std::vector<std::int32_t>& years();

  const std::vector<Features>& features();

  /// The tracks that have the feature, by its value; `feature` is its place in kFeatures.
  const std::vector<std::uint32_t>& by_feature(std::size_t feature);

  /// The plays that Dedupe::near drops, by id.
  std::shared_ptr<const std::unordered_set<std::int64_t>> doubles(TrackIdentity identity,
                                                                  std::chrono::milliseconds window);

 private:
  void read_known();
  void read_raw_data();
  [[nodiscard]] std::vector<std::uint32_t> by_isrc();
  [[nodiscard]] std::vector<std::uint32_t> by_fingerprint();

  const columns::PlayColumns& columns_;
  std::shared_ptr<FactStore> store_;
  const std::vector<char>* known_ = nullptr;
};

}  // namespace playmirror::stats
