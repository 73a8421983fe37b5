/// \file
/// What statistics know of tracks and artists beside their names, as arrays by code. The codes are
/// those of the dictionaries in PlayColumns; code 0 is the track of plays that name none.
#pragma once

#include "core/columns/play_columns.hpp"
#include "core/stats/features.hpp"
#include "core/stats/order.hpp"
#include "core/time/zone.hpp"

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
class WeekHours;
class YearBins;

/// For each track the groups it belongs to: artists, genres, an album. Group 0 is "not known".
class Groups {
 public:
  std::size_t count = 1;  ///< groups, the unknown one included
  Order order = {};

  [[nodiscard]] std::span<const std::uint32_t> of(std::uint32_t track) const noexcept {
    const std::uint32_t& first = firsts_[track];
    if ((first & kList) == 0) return {&first, 1};
    const std::uint32_t* list = &lists_[first & ~kList];
    return {list + 1, *list};
  }

  /// The group of each track, where each has just one.
  [[nodiscard]] const std::vector<std::uint32_t>& single() const noexcept { return firsts_; }

  /// Adds the next track.
  void add(std::span<const std::uint32_t> groups) {
    if (groups.size() == 1) {
      firsts_.push_back(groups[0]);
      return;
    }
    firsts_.push_back(static_cast<std::uint32_t>(lists_.size()) | kList);
    lists_.push_back(static_cast<std::uint32_t>(groups.size()));
    lists_.insert(lists_.end(), groups.begin(), groups.end());
  }

 private:
  static constexpr std::uint32_t kList = 1U << 31;

  /// By track: its group, since most have one and plays meet tracks in no order. Of others, where
  /// in `lists_` their number stands, with the groups behind it.
  std::vector<std::uint32_t> firsts_ = {};
  std::vector<std::uint32_t> lists_ = {};
};

struct Album {
  std::string id = {};  ///< raw_data.album.id; empty for one known by its name
  std::string name = {};
  std::string artist = {};  ///< display string
  bool has_name = false;
  bool has_artist = false;
};

/// What was read of the facts of one state of tracks and artists, shared by all calls that find it
/// unchanged. A part that is there is whole, and never changes again, but those behind a pointer
/// may give way to others: what throws in the midst of one leaves it for the next call to read.
struct FactStore {
  std::recursive_mutex filling = {};  ///< held while a part is looked for and read
  bool has_raw_data = false;
  std::vector<char> known = {};
  std::optional<Order> order = {};
  std::vector<std::int64_t> durations = {};
  std::shared_ptr<const Tenths> tenths = {};
  std::shared_ptr<const WeekHours> week_hours = {};  ///< of the zone asked for last
  std::array<std::vector<std::uint32_t>, 3> identities = {};
  std::array<std::optional<Groups>, 3> track_groups = {};
  std::array<std::optional<Groups>, 3> artists = {};
  std::vector<std::uint32_t> primary = {};  ///< artist code by track
  std::vector<std::string> isrcs = {};
  std::optional<Groups> albums = {};
  std::vector<Album> album_list = {};
  std::vector<std::optional<std::string>> album_names = {};  ///< of each track, in `tracks`
  std::optional<Groups> genres = {};
  std::vector<std::string> genre_list = {};
  std::vector<std::int32_t> years = {};
  std::shared_ptr<const YearBins> year_bins = {};
  std::shared_ptr<const Features> features = {};
  std::shared_ptr<const FeatureRanks> feature_ranks = {};

  struct ContextOrder {
    std::int64_t texts;  ///< the version of contexts that it is of
    Order order;
  };
  std::shared_ptr<const ContextOrder> context_order = {};

  struct Doubles {
    std::int64_t plays;  ///< the version of plays that they are of
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
  [[nodiscard]] std::size_t tracks();

  /// Whether the track has a row in `tracks`.
  [[nodiscard]] bool known(std::uint32_t track) {
    if (known_ == nullptr) read_known();
    return (*known_)[track] != 0;
  }

  /// The track codes by id.
  const Order& order();

  /// The codes of contexts by URI.
  const Order& context_order();

  /// Milliseconds; -1 where it is not known.
  const std::vector<std::int64_t>& durations();

  /// How those divide plays; see tenths.hpp.
  std::shared_ptr<const Tenths> tenths();

  /// Hours of the week there, with these durations; see week_hours.hpp.
  std::shared_ptr<const WeekHours> week_hours(const std::shared_ptr<const Zone>& zone);

  /// The code that stands for each track: the lowest id of those that are the same.
  const std::vector<std::uint32_t>& identity(TrackIdentity identity);

  /// The tracks as groups of themselves: of each the code that stands for it, or 0 for one that is
  /// not known.
  const Groups& track_groups(TrackIdentity identity);

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

  /// Those, with durations(), as bins; see plays_by_year.hpp.
  std::shared_ptr<const YearBins> year_bins();

  /// Places in them are those in order().
  const Features& features();
  const FeatureRanks& feature_ranks();

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
  std::size_t tracks_ = 0;  ///< once it was asked for
  const std::vector<char>* known_ = nullptr;
  std::shared_ptr<const FactStore::ContextOrder> context_order_;  ///< once it was asked for
};

}  // namespace playmirror::stats
