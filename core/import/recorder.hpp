#pragma once

#include "core/import/planned_plays.hpp"
#include "core/import/song_pool.hpp"
#include "core/import/songs.hpp"
#include "core/outbox/bulk.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/import.hpp>

#include <array>
#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

namespace playmirror::import {

/// Decides which listens are new to the mirror, and records those with their tracks and artists.
///
/// A listen is there already when the mirror has that track at that instant. It is matched when the
/// mirror has a play of its name at that instant, and either has no id but that; or the same song
/// from another source at about that time: sources differ by the length of a play in what they take
/// for its time; or when one export cuts times to the minute and the other does not. Each play of
/// the mirror stands for one listen at most of either kind from each source.
class Recorder {
 public:
  /// Reads what is there by `database`.
  Recorder(const sqlite::Database& database, const ImportOptions& options, ImportReport& report);

  /// Inside the caller's transaction. Listens of one call must come from one document; their plays
  /// get that source.
  void record(sqlite::Database& database, const std::string& source,
              const std::vector<Listen>& listens);

  /// What record() would find, as far as it can be told without writing.
  void look_up(const sqlite::Database& database, const std::string& source,
               const std::vector<Listen>& listens);

  void leave_out(Reason reason, std::int64_t rows = 1);

 private:
  class Lookup;
  class Writing;
  class PlayRows;
  struct New;

  /// What there is beside the listens of one source.
  struct Around {
    std::optional<Timestamp> first_other = {};  ///< of the plays from other sources
    std::optional<Timestamp> last_other = {};
    bool any_to_the_minute = false;  ///< a play of this source is on the minute
    /// Plays that stand for a listen with an exact time, and for one to the minute.
    std::array<std::unordered_set<std::int64_t>, 2> taken = {};
  };

  void look_around(const sqlite::Database& database, const std::string& source);
  [[nodiscard]] std::vector<New> choose(const sqlite::Database& database,
                                        const std::vector<Listen>& listens);
  void find_track(PooledSong& song) const;
  void describe(const New& play, outbox::BulkEntry& entry) const;
  void record_track(Writing& writing, const New& play);
  std::string artist_id(Writing& writing, const std::string& name);
  void count(const std::vector<New>& plays);

  const ImportOptions& options_;
  ImportReport& report_;
  KnownSongs songs_;
  std::unordered_map<std::string, std::string> artists_;  ///< by name: the smallest id
  std::unordered_set<std::string> tracks_;                ///< seen or recorded
  std::uint64_t batch_ = 0;                               ///< the present one, from 1
  std::string source_;                                    ///< of the document at hand
  std::map<std::string, Around> all_around_;              ///< by source
  Around* around_ = nullptr;                              ///< that of the source
  std::unordered_set<std::int64_t> exact_;  ///< recorded here on the minute, and not cut to it
  std::int64_t first_number_ = 0;           ///< of the provisional ids given here; 0: none yet

  PlannedPlays planned_;                              ///< by a dry run
  std::unordered_set<std::string> would_be_artists_;  ///< ids that a dry run would have given
  std::unordered_set<std::string> would_be_tracks_;   ///< new ones, but of no play yet
};

}  // namespace playmirror::import
