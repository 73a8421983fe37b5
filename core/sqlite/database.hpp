#pragma once

#include "core/sqlite/commit_mark.hpp"
#include "core/sqlite/statement.hpp"

#include <chrono>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

struct sqlite3;

/// One SQLite connection, opened the way playmirror opens every file. This folder is the only code
/// that calls sqlite3_*; all errors leave it as playmirror::Error.
namespace playmirror::sqlite {

/// A statement lent by its connection; reset when it is given back.
class KeptStatement {
 public:
  explicit KeptStatement(Statement& statement) noexcept : statement_(statement) {}
  KeptStatement(const KeptStatement&) = delete;
  KeptStatement& operator=(const KeptStatement&) = delete;
  ~KeptStatement() { statement_.reset(); }

  [[nodiscard]] Statement* operator->() const noexcept { return &statement_; }
  [[nodiscard]] Statement& operator*() const noexcept { return statement_; }

 private:
  Statement& statement_;
};

enum class OpenMode {
  read_only,   ///< reads a file that has readers and writers elsewhere
  read_write,  ///< the file must exist: files::create_private() makes it
  immutable,   ///< a file on read-only media that nobody writes
};

/// Throws InvalidArgument for a path that is longer than SQLite takes.
void refuse_long(const std::filesystem::path& file);

class Database {
 public:
  /// Opens and hardens: defensive, untrusted schema, no double-quoted strings, no extensions, no
  /// mmap, no checkpoint on close, WAL left to the writer. Throws MirrorUnusable or StorageError.
  static Database open(const std::filesystem::path& file, OpenMode mode);

  /// A private database in a temporary file that vanishes on close, for staging.
  static Database temporary();

  Database(Database&&) noexcept = default;
  Database& operator=(Database&&) noexcept = default;

  /// Runs statements that return no rows.
  void execute(std::string_view sql);

  /// Deletes all rows of a table, page by page instead of row by row. No ChangeWatch hears of it.
  void clear(std::string_view table);

  [[nodiscard]] Statement prepare(std::string_view sql) const;

  /// A statement that is prepared at its first use and then kept, for what is asked all the time.
  /// `sql` must be a literal, and the statement must not be in use already.
  [[nodiscard]] KeptStatement kept(const char* sql) const;

  /// First column of the first row of a kept statement, or 0 without a row.
  [[nodiscard]] std::int64_t kept_int(const char* sql) const;

  /// First column of the first row, or 0 / "" without a row.
  [[nodiscard]] std::int64_t query_int(std::string_view sql) const;
  [[nodiscard]] std::string query_text(std::string_view sql) const;

  [[nodiscard]] std::int64_t last_insert_rowid() const noexcept;
  [[nodiscard]] std::int64_t changes() const noexcept;  ///< rows changed by the last statement
  [[nodiscard]] bool in_transaction() const noexcept;

  /// Calls `hook` every few thousand virtual machine steps; returning true interrupts the running
  /// statement with query_limit. An empty hook takes it away.
  void on_progress(std::function<bool()> hook);

  /// How much memory a writer's pages may take, in KiB; 0 for as much as at the beginning.
  void keep_pages(int kib);

  /// Whether the file had a write-ahead log, rather than a rollback journal, when it was last read.
  [[nodiscard]] bool has_log() const;

  /// Where the file stands, by one look at memory if it has a log. For connections that only read:
  /// changes with every commit of others. Nothing at the instant of one.
  [[nodiscard]] std::optional<CommitMark> commit_mark();

  /// Gives the file a write-ahead log. Throws MirrorBusy when somebody who does without it does not
  /// end within `patience`.
  void use_log(std::chrono::milliseconds patience);

  /// Takes the log away, if nobody else has the file open. False if somebody has.
  [[nodiscard]] bool leave_log();

  /// Moves the WAL into the database file as far as readers allow. `truncate` also empties the WAL
  /// file, waiting for no one. Call only while holding the writer lock.
  void checkpoint(bool truncate);

  /// Whom SQLite tells of each row just before it changes; nobody where there is no hook.
  struct ChangeHook {
    void (*hook)(void* self, sqlite3* handle, int operation, const char* schema, const char* table,
                 long long before, long long after) = nullptr;
    void* self = nullptr;
  };
  void set_change_hook(const ChangeHook& hook) noexcept;

  [[nodiscard]] sqlite3* handle() const noexcept { return handle_.get(); }

 private:
  struct Close {
    void operator()(sqlite3* handle) const noexcept;
  };
  explicit Database(sqlite3* handle) noexcept : handle_(handle) {}

  std::unique_ptr<sqlite3, Close> handle_;
  ChangeHook change_hook_;
  bool has_read_by_log_ = false;  ///< as far as commit_mark() knows
  std::unique_ptr<std::function<bool()>> progress_;
  mutable std::vector<std::pair<const char*, std::unique_ptr<Statement>>> kept_;
};

/// BEGIN ... COMMIT; rolls back unless committed. A deferred one that only reads holds one moment
/// of the file, and takes the locks once that each statement alone would take.
class Transaction {
 public:
  enum class Kind { deferred, immediate };
  explicit Transaction(Database& database, Kind kind = Kind::immediate);
  Transaction(const Transaction&) = delete;
  Transaction& operator=(const Transaction&) = delete;
  ~Transaction();
  void commit();

 private:
  Database& database_;
  bool open_ = true;
};

/// Lets transactions of its lifetime return before they are on disk; the next other one on the file
/// takes them along, since all share one log. A power cut loses the last of them, never a part of
/// one. Does nothing for a null pointer.
class Unsynced {
 public:
  explicit Unsynced(Database* database);
  Unsynced(const Unsynced&) = delete;
  Unsynced& operator=(const Unsynced&) = delete;
  ~Unsynced();

 private:
  Database* database_;
};

/// `name` in double quotes, for a name that cannot be a parameter. Throws on NUL.
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace playmirror::sqlite
