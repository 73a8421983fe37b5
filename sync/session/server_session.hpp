#pragma once

#include "core/mirror/as_of.hpp"
#include "sync/pg/connection.hpp"
#include "sync/pg/failure.hpp"
#include "sync/session/catalog.hpp"
#include "sync/session/identity.hpp"
#include "sync/session/outset.hpp"

#include <playmirror/server.hpp>

#include <chrono>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace playmirror::sync {

/// What a transaction saw first.
struct Opening {
  Moment moment = {};
  Catalog catalog = {};

  /// Whether the server has told both.
  [[nodiscard]] bool is_complete() const noexcept {
    return !catalog.tables.empty() && !moment.snapshot.empty();
  }
};

/// A lock on a mirrored table. The mode is that of what the transaction does to it: one that is
/// raised later can lock up with a migration.
struct TableLock {
  std::string table = {};
  const char* mode = "ACCESS SHARE";
};

/// Commands that go along with an opening, in its round trip.
struct Companions {
  std::vector<pg::Command> ahead = {};   ///< before its transaction; they end what they begin
  std::vector<pg::Command> behind = {};  ///< inside it
  std::function<void()> meanwhile = {};  ///< done here while the server is at work
};

/// They must be written before it is known what the opening will show: they are made for what was
/// seen last, and the caller finds out whether it still was the same.
using Along = std::function<Companions(const Opening& last)>;

/// The search paths that statements are kept under (pg::Command).
inline constexpr std::string_view kOwnPath = "own";                 ///< outside our transactions
inline constexpr std::string_view kCatalogOnly = "catalog only";    ///< where we read
inline constexpr std::string_view kCatalogFirst = "catalog first";  ///< where we write

/// The connection of a Server, made anew when it broke, and the transactions that sync uses on it.
/// Nothing that outlives a transaction is set on the server, so any pooler may stand between. Where
/// none does, the server keeps the plans of statements that come again and again.
class ServerSession {
 public:
  ServerSession(std::string dsn, ServerOptions options);

  /// The live connection, connecting first if there is none.
  pg::Connection& connection(pg::Waiter& waiter);

  [[nodiscard]] bool has_connection() const noexcept {
    return connection_ && connection_->usable();
  }

  /// Calls `use` if there is a connection, live or not; never connects.
  template <typename Use>
  void connection_if_any(Use use) {
    if (connection_) use(*connection_);
  }

  /// A consistent, read-only look at the server: REPEATABLE READ, names and settings pinned, row
  /// security off, tables locked against rewriting before the snapshot is taken. One round trip.
  /// Ends with Connection::abandon_transaction().
  Opening begin_reading(pg::Waiter& waiter, std::chrono::milliseconds lock_timeout);

  /// The same with commands that go along; asks `along` again when the opening starts over. What
  /// they receive comes after `opening` is filled in. When one of them is refused, so is the whole.
  void begin_reading(pg::Waiter& waiter, std::chrono::milliseconds lock_timeout, Opening& opening,
                     const Along& along);

  /// The statements that begin such a transaction on one table, for a caller that sends its own
  /// behind them. They wait for its lock.
  [[nodiscard]] std::vector<pg::Command> reading_commands(std::chrono::milliseconds lock_timeout,
                                                          const std::string& table);

  /// Keeps migrations away from the tables until the transaction ends. Who waits for one lock while
  /// it holds another can lock up with a migration, which may be the one that the server ends: so
  /// these wait for none, and are refused instead; see await_locks().
  [[nodiscard]] std::vector<pg::Command> lock_commands(const std::vector<TableLock>& locks) const;

  /// When the failure is that one of these locks was taken: waits for each of them, holding no
  /// other, and says that the transaction may begin again. Throws when the time is up.
  bool await_locks(const pg::StatementFailed& refused, const std::vector<TableLock>& locks,
                   std::chrono::steady_clock::time_point give_up, pg::Waiter& waiter);

  /// After such a lock was refused: reads the catalog anew if that may help, and says whether.
  bool look_again(const pg::StatementFailed& refused, pg::Waiter& waiter);

  /// The two questions of every opening, whose answers it keeps. `path` is in force.
  [[nodiscard]] std::vector<pg::Command> opening_commands(Opening& opening, std::string_view path);

  /// Settings pinned inside every transaction, reading or writing.
  [[nodiscard]] static std::vector<std::string> pinned_settings(
      std::chrono::milliseconds lock_timeout);

  /// The same without the search path.
  [[nodiscard]] static std::vector<std::string> pinned_formats(
      std::chrono::milliseconds lock_timeout);

  /// The table's name with its schema, quoted.
  [[nodiscard]] std::string qualified(std::string_view table) const;

  /// The same for a FROM that reads its rows: those this side of its cut, if it has one.
  [[nodiscard]] std::string rows_of(const schema::TableLayout& table) const;

  /// Whether a row of the table lies this side of the cut.
  [[nodiscard]] std::string cut_condition(const schema::TableLayout& table,
                                          const schema::Cut& cut) const;

  /// Whether the server keeps the column's times by the clocks of played_at_zone.
  [[nodiscard]] bool has_local_times(std::string_view table,
                                     const schema::ColumnLayout& column) const;

  /// A column's value as the mirror has it: where the server keeps local times, the instant in UTC.
  [[nodiscard]] std::string value_of(std::string_view table,
                                     const schema::ColumnLayout& column) const;

  /// The reverse: SQL for a value of the mirror as the server keeps it.
  [[nodiscard]] std::string server_value(std::string_view table, const schema::ColumnLayout& column,
                                         const std::string& value) const;

  /// The fields of a SELECT over a mirrored table, in the form that RowReader decodes.
  [[nodiscard]] std::string select_list(std::string_view table,
                                        const std::vector<schema::ColumnLayout>& columns) const;

  /// The block of key_blocks.hpp that a row of a mirrored table lies in, as text.
  [[nodiscard]] std::string block_expression(const schema::TableLayout& layout) const;

  [[nodiscard]] const ServerOptions& options() const noexcept { return options_; }
  [[nodiscard]] const IdentityAccess& identity_access() const noexcept { return access_; }

  /// What this connection has seen last, asking for what it has not seen yet.
  [[nodiscard]] const Opening& last_opening(pg::Waiter& waiter);

  /// What the server process at the other end has shown last; null where a pooler may put another
  /// one in its place.
  [[nodiscard]] const Moment* seen_by_process() const noexcept {
    const bool has = connection_ && connection_->is_direct() && last_.is_complete();
    return has ? &last_.moment : nullptr;
  }

  void close() noexcept {
    connection_.reset();
    has_pulled_ = false;
    last_ = {};
  }

  /// What the mirror says. Asks its file only if somebody has written to it since it was asked
  /// last.
  [[nodiscard]] const Outset& outset(MirrorState& mirror);

  /// Whether a pull has ended well on this connection, and no push has sent rows since.
  [[nodiscard]] bool has_pulled() const noexcept { return has_pulled_ && connection_->usable(); }
  void note_pull() noexcept { has_pulled_ = true; }
  void note_push() noexcept { has_pulled_ = false; }

  /// Wire counts over all connections of this session.
  [[nodiscard]] WireCounts wire() const noexcept;

 private:
  void probe(pg::Waiter& waiter);
  [[nodiscard]] static std::vector<pg::Command> beginning(std::chrono::milliseconds lock_timeout);

  std::string dsn_;
  ServerOptions options_;
  std::optional<pg::Connection> connection_;
  WireCounts earlier_ = {};  ///< of connections that are gone
  IdentityAccess access_ = {};
  bool has_pulled_ = false;
  Opening last_ = {};  ///< the latest of this connection
  AsOf<Outset> outset_ = {};
};

}  // namespace playmirror::sync
