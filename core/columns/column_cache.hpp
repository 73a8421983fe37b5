#pragma once

#include "core/columns/bins.hpp"
#include "core/columns/block_store.hpp"
#include "core/columns/dictionary.hpp"
#include "core/columns/most_played.hpp"
#include "core/columns/running_totals.hpp"
#include "core/columns/snapshot.hpp"
#include "core/columns/track_sums.hpp"
#include "core/mirror/commit_watch.hpp"

#include <playmirror/table.hpp>

#include <array>
#include <atomic>
#include <cstddef>
#include <cstdint>
#include <functional>
#include <list>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <typeindex>
#include <unordered_map>
#include <utility>
#include <vector>

namespace playmirror::columns {

/// Memory for decoded columns: four of them of ten million plays.
inline constexpr std::size_t kCacheBytes = std::size_t{256} << 20;

/// What the readers of one mirror share: decoded columns, within a budget, and what was last read
/// of all else. Blocks never change, so a block's columns are right whenever its number is; the
/// rest carries the state of the file that it was read from. Safe to share between threads.
class ColumnCache {
 public:
  /// The decoded column `part` (8 * block + column), decoded by `decode` unless it is here. That
  /// returns it and its bytes of memory.
  template <typename Column>
  std::shared_ptr<const Column> column(
      std::int64_t part,
      const std::function<std::pair<std::shared_ptr<const Column>, std::size_t>()>& decode) {
    if (auto known = find(part)) return std::static_pointer_cast<const Column>(std::move(known));
    auto [decoded, bytes] = decode();
    keep(part, decoded, bytes);
    return decoded;
  }

  [[nodiscard]] bool has_column(std::int64_t part);

  /// The last one read, if it is of this state and `fits`; else what `read` gives, which is kept.
  template <typename Thing>
  class Latest {
   public:
    std::shared_ptr<const Thing> get(
        std::int64_t state, const std::function<std::shared_ptr<const Thing>()>& read,
        const std::function<bool(const Thing&)>& fits = [](const Thing&) { return true; }) {
      {
        const std::scoped_lock lock(mutex_);
        if (thing_ && state_ == state && fits(*thing_)) return thing_;
      }
      auto thing = read();
      const std::scoped_lock lock(mutex_);
      // A reader of an older moment must not push out what a newer one has kept.
      if (!thing_ || state >= state_) {
        thing_ = thing;
        state_ = state;
      }
      return thing;
    }

    /// Lets go of what is not of this state.
    void drop_unless(std::int64_t state) {
      const std::scoped_lock lock(mutex_);
      if (state_ != state) thing_.reset();
    }

    /// Whatever was kept, however old; may be null.
    [[nodiscard]] std::shared_ptr<const Thing> last() const {
      const std::scoped_lock lock(mutex_);
      return thing_;
    }

   private:
    mutable std::mutex mutex_;
    std::shared_ptr<const Thing> thing_;
    std::int64_t state_ = 0;
  };

  /// Running totals. To make them costs a walk over all plays, which one question of a few is not
  /// worth: a new process may never ask another.
  template <typename Totals>
  class Earned : public Latest<Totals> {
   public:
    /// Whether so many plays have been walked for want of them that they would have paid; to be
    /// asked before each further walk over `plays` of `all`.
    [[nodiscard]] bool pay(std::uint64_t plays, std::uint64_t all) noexcept {
      if (walked_.fetch_add(plays) + plays < all) return false;
      walked_ = 0;
      return true;
    }

   private:
    std::atomic<std::uint64_t> walked_ = 0;
  };

  /// What the last call knew that read the file anew.
  struct Known {
    CommitWatch::Mark mark;  ///< where the file stood
    ColumnState state;
    std::shared_ptr<const Snapshot> snapshot;
  };
  /// Nothing if the file stood elsewhere.
  [[nodiscard]] std::optional<Known> known(const CommitWatch::Mark& mark) const;
  void keep(Known known);

  /// The columns in the file turned out damaged: they are not to be read until they are built anew.
  std::atomic<bool> damaged = false;

  std::atomic<int> track_lookups = 0;  ///< how often a single track was asked for

  Latest<Snapshot> snapshot;
  Latest<std::vector<std::uint32_t>> totals;  ///< of all blocks, by track code
  Earned<CountTotals> running_counts;
  Earned<RunningTotals<TrackSums>> running_sums;

  /// Of those bins that were asked for last among all of this class.
  [[nodiscard]] Earned<BinTotals>& running_bins(const Bins& bins);

  Latest<TrackDictionary> tracks;
  Latest<ArtistDictionary> artists;
  Latest<TextDictionary> sources;
  Latest<TextDictionary> contexts;
  std::array<Latest<Table>, 2> all_plays;  ///< as a table: the oldest first, the newest first

 private:
  struct Entry {
    std::int64_t part;
    std::shared_ptr<const void> column;
    std::size_t bytes;
  };

  std::shared_ptr<const void> find(std::int64_t part);
  void keep(std::int64_t part, std::shared_ptr<const void> column, std::size_t bytes);

  mutable std::mutex known_mutex_;
  std::optional<Known> known_;

  std::mutex bins_mutex_;
  std::map<std::type_index, Earned<BinTotals>> running_bins_;

  std::mutex mutex_;
  std::list<Entry> entries_;  ///< the one used last in front
  std::unordered_map<std::int64_t, std::list<Entry>::iterator> by_part_;
  std::size_t bytes_ = 0;
};

}  // namespace playmirror::columns
