#pragma once

#include "core/outbox/row_image.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/pending.hpp>

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

/// The rows recorded here and not known to be on the server. Every function works inside the
/// caller's transaction.
namespace playmirror::outbox {

/// The state of an entry of playmirror_outbox, called `o`, as SQL. In doubt is what a push holds.
inline constexpr const char* kStateSql =
    "CASE WHEN EXISTS (SELECT 1 FROM playmirror_offered) AND EXISTS (SELECT 1 FROM "
    "playmirror_offered f WHERE o.entry >= f.entry AND o.entry < f.entry + f.rows) "
    "THEN 'in_doubt' ELSE o.state END";

struct Entry {
  std::int64_t entry = 0;
  std::string table = {};
  std::string identity = {};
  std::int64_t row_id = 0;  ///< provisional id; 0 where the key is the id
  PendingState state = PendingState::queued;
  std::int64_t offered_id = 0;  ///< its server id in a push whose COMMIT got no answer; 0: none
  RowImage image = {};
};

/// What identifies a row for good, whoever recorded it: equal for equal keys, nothing else. Times
/// come first, so that entries recorded in order of time are neighbours in the index.
[[nodiscard]] std::string play_identity(std::string_view track_id, std::string_view played_at);
[[nodiscard]] std::string snapshot_identity(std::string_view date,
                                            const std::optional<std::string>& period_label);

/// Time and track of a play that has this identity, date and label of a snapshot.
[[nodiscard]] std::pair<std::string_view, std::string_view> parts_of(std::string_view identity);

/// The identity of a row of these tables, from its image.
[[nodiscard]] std::string identity_of(std::string_view table, const RowImage& image);

/// Gives pending plays the identities that they have since format 3. Entries that do not match
/// their checksums stay as they are.
void renew_identities(sqlite::Database& database);

/// The next provisional id: negative, below every 32-bit id, never given twice by one file, and of
/// no row that the server has given it.
[[nodiscard]] std::int64_t next_provisional_id(sqlite::Database& database);

/// The first of `count` such ids; the others are each one less.
[[nodiscard]] std::int64_t reserve_provisional_ids(sqlite::Database& database, std::int64_t count);

/// The how manieth provisional id of its file an id is; 0 for any other id.
[[nodiscard]] std::int64_t provisional_number(std::int64_t id) noexcept;

/// Gives the pending row with this id another one, if there is such a row: a row of the server's
/// has the same. Whether there was one.
[[nodiscard]] bool make_room(sqlite::Database& database, std::string_view table, std::int64_t id);

/// Adds a row; the mirrored table gets it from the caller. Returns the entry's number.
std::int64_t add(sqlite::Database& database, std::string_view table, std::string_view identity,
                 std::int64_t row_id, const RowImage& image);

/// The same for many rows. One at a time for each connection.
class EntryWriter {
 public:
  explicit EntryWriter(sqlite::Database& database);
  std::int64_t add(std::string_view table, std::string_view identity, std::int64_t row_id,
                   const RowImage& image);

 private:
  sqlite::Database& database_;
  sqlite::KeptStatement insert_;
  std::string recorded_at_;
};

/// The number of the newest entry; 0 without any.
[[nodiscard]] std::int64_t newest(const sqlite::Database& database);

/// Whether there are any of a table, whatever their state.
[[nodiscard]] bool any_of(const sqlite::Database& database, std::string_view table);

/// Whether sendable() has any, once every push has ended.
[[nodiscard]] bool any_sendable(const sqlite::Database& database, std::string_view table,
                                std::int64_t after, std::int64_t newest);

/// Entries of one table that a push may send, oldest first: queued and waiting ones with a number
/// above `after` and up to `newest`; fewer than `limit` when their images are large. Damaged
/// entries throw.
[[nodiscard]] std::vector<Entry> sendable(const sqlite::Database& database, std::string_view table,
                                          std::int64_t after, std::int64_t newest,
                                          std::int64_t limit);

[[nodiscard]] std::vector<PendingEntry> list(const sqlite::Database& database);

/// Those that a push has tried and not got through, at most `limit`.
[[nodiscard]] std::vector<PendingEntry> stuck(const sqlite::Database& database, std::int64_t limit);
[[nodiscard]] std::optional<PendingEntry> find(const sqlite::Database& database,
                                               std::int64_t entry);

/// A push of ours, as it is remembered before its COMMIT is sent.
struct PushRecord {
  std::int64_t push = 0;
  std::int64_t xid = 0;
  std::int64_t backend_pid = 0;
  std::string backend_start = {};
  std::string system_identifier = {};
  std::int64_t timeline = 0;
  std::string database = {};
};

/// Whether all of these entries, (entry, server id) each, are still pending: nobody has discarded
/// one.
[[nodiscard]] bool are_there(const sqlite::Database& database,
                             const std::vector<std::pair<std::int64_t, std::int64_t>>& offered);

/// Remembers the push and what it holds, (entry, server id) each; returns its number.
std::int64_t begin_push(sqlite::Database& database, const PushRecord& push,
                        const std::vector<std::pair<std::int64_t, std::int64_t>>& offered);

/// Whether a push has anything to send or to settle.
[[nodiscard]] bool has_work(const sqlite::Database& database);

/// Pushes whose end is not known.
[[nodiscard]] std::vector<PushRecord> unfinished_pushes(const sqlite::Database& database);

/// What a push in doubt holds, without images.
[[nodiscard]] std::vector<Entry> offered(const sqlite::Database& database, std::int64_t push);

/// The push has ended, and every entry that it held is gone.
void forget_push(sqlite::Database& database, std::int64_t push);

/// The push has ended, one way or the other: what is left of it is to be looked up and, where the
/// server lacks it, sent again.
void end_push(sqlite::Database& database, std::int64_t push);

struct Refusal {
  std::string sqlstate = {};
  std::string constraint = {};
  std::string message = {};
};

/// The row stays here: `rejected` or `waiting`, with the reason.
void set_aside(sqlite::Database& database, std::int64_t entry, PendingState state,
               const Refusal& refusal);

std::int64_t retry(sqlite::Database& database, std::optional<std::int64_t> entry);
void discard(sqlite::Database& database, std::int64_t entry);

struct ChecksumReport {
  std::int64_t checked = 0;
  std::vector<std::int64_t> damaged = {};  ///< entry numbers
};
[[nodiscard]] ChecksumReport verify(const sqlite::Database& database);

}  // namespace playmirror::outbox
