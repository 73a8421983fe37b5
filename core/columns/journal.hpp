#pragma once

#include "core/columns/play_follower.hpp"
#include "core/sqlite/change_watch.hpp"
#include "core/sqlite/database.hpp"

#include <cstdint>
#include <exception>
#include <set>
#include <string>

namespace playmirror::columns {

/// Keeps the columns in step with the rows: notes which rows a transaction writes, whoever writes
/// them, and brings the columns up to date before it commits.
///
/// One for each writing connection, which must outlive it and must not move; so must its watch.
class Journal final : public sqlite::ChangeListener {
 public:
  Journal(sqlite::Database& database, sqlite::ChangeWatch& watch);
  Journal(const Journal&) = delete;
  Journal& operator=(const Journal&) = delete;

  /// Call under the writer lock, before the transaction begins. While the columns are not built,
  /// nothing is noted, so that loading rows in bulk costs nothing.
  void begin();

  /// Call at the end of the transaction. Columns that turn out damaged are given up rather than the
  /// rows: they are built anew when the mirror is opened next.
  void settle();

  void on_change(const sqlite::RowChange& change) noexcept override;

 private:
  void note(const sqlite::RowChange& change);
  void note_play(const sqlite::RowChange& change);
  /// Whatever else happens to a play that was renumbered makes it one like any other.
  void forget_renumbering(std::int64_t id);
  void follow();

  sqlite::Database& database_;
  sqlite::ChangeWatch& watch_;
  bool active_ = false;
  bool tracks_are_filled_ = false;  ///< with bulky columns, which are no business of the columns

  WrittenPlays plays_;
  RenumberedPlays renumbered_back_;  ///< plays_.renumbered the other way round: to, from

  // Not their rowids: a column of the server's may have taken every name of those.
  std::set<std::string, std::less<>> track_ids_;   ///< changed, or with other credits
  std::set<std::string, std::less<>> artist_ids_;  ///< changed
  bool catalogue_changed_ = false;                 ///< any of their rows, in any column
  std::exception_ptr failure_;                     ///< to note something
};

}  // namespace playmirror::columns
