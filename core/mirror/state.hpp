#pragma once

#include "core/files/file_lock.hpp"
#include "core/mirror/commit_watch.hpp"
#include "core/mirror/doorbell.hpp"
#include "core/mirror/turnstile.hpp"
#include "core/sqlite/database.hpp"

#include <playmirror/mirror.hpp>

#include <atomic>
#include <cstdint>
#include <filesystem>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <sys/types.h>
#include <thread>
#include <utility>
#include <vector>

namespace playmirror {

namespace stats {
class FactCache;
}
namespace columns {
class ColumnCache;
}

/// What a Mirror and its handles share: the file, its connections and its locks.
///
/// Any number of threads read at once, each on a connection of the pool; one writes at a time, in
/// any process, under the writer lock. The lock's holder never waits for the network.
class MirrorState : public std::enable_shared_from_this<MirrorState> {
 public:
  static std::shared_ptr<MirrorState> open(const std::filesystem::path& file,
                                           const MirrorOptions& options);
  ~MirrorState();

  /// Mirror::salvage().
  static SalvageReport salvage(const std::filesystem::path& file);

  MirrorState(const MirrorState&) = delete;
  MirrorState& operator=(const MirrorState&) = delete;

  /// A read connection, lent for one call or one cursor.
  class Reader {
   public:
    Reader(std::shared_ptr<MirrorState> state, std::unique_ptr<sqlite::Database> database,
           std::uint64_t renewals) noexcept;
    Reader(Reader&&) noexcept = default;
    Reader& operator=(Reader&&) noexcept = default;
    ~Reader();
    [[nodiscard]] sqlite::Database& database() const noexcept { return *database_; }
    sqlite::Database* operator->() const noexcept { return database_.get(); }

   private:
    std::shared_ptr<MirrorState> state_;
    std::unique_ptr<sqlite::Database> database_;
    std::uint64_t renewals_;
  };
  /// During an Unlogged load it waits for the transaction under way, and brings the log back.
  [[nodiscard]] Reader reader();

  /// Where the file stands; see CommitWatch.
  [[nodiscard]] std::optional<CommitWatch::Mark> mark() { return commit_watch_.mark(*this); }

  /// A read connection of the caller's own, to keep.
  [[nodiscard]] std::unique_ptr<sqlite::Database> open_reader() const;

  /// When a transaction reaches the disk.
  enum class Durability {
    at_once,  ///< before write() returns
    later,    ///< with the next one that is durable at once: for rows that can be fetched again
  };

  /// Runs `work` in one transaction under the writer lock, and keeps the WAL short afterwards. An
  /// exception rolls everything back. `tick` is called while waiting for the lock.
  void write(const std::function<void(sqlite::Database&)>& work,
             const std::function<void()>& tick = {}, Durability durability = Durability::at_once);

  /// Runs `work` on the writing connection, outside a transaction. What it reads there leaves an
  /// Unlogged load undisturbed.
  void read_as_writer(const std::function<void(const sqlite::Database&)>& work);

  /// For a load that fills an empty mirror: while it lives, and while nobody else has the file
  /// open, rows go straight into the file, kept whole by a rollback journal, which has next to
  /// nothing to keep of a file that only grows. Through the log, each page would be written twice.
  ///
  /// Whoever opens the file, or a reader() of it, brings the log back: then the load goes on as it
  /// would have without this.
  class Unlogged {
   public:
    /// `tick` is called while waiting for the writer lock.
    explicit Unlogged(MirrorState& state, const std::function<void()>& tick = {});
    ~Unlogged();
    Unlogged(const Unlogged&) = delete;
    Unlogged& operator=(const Unlogged&) = delete;

   private:
    MirrorState& state_;
  };

  /// Keeps other syncs of a mirror out, in any process, for as long as it lives: in the thread that
  /// took it, which must not wait for itself.
  class SyncLock {
   public:
    SyncLock(const std::filesystem::path& file, files::FileLock lock);
    SyncLock(const SyncLock&) = delete;
    SyncLock& operator=(const SyncLock&) = delete;
    ~SyncLock();

   private:
    files::FileLock lock_;
  };
  /// Throws MirrorBusy, naming the holder, when another sync runs for longer than the busy timeout,
  /// and InvalidArgument at once when this thread is in the midst of one, as in a callback.
  [[nodiscard]] SyncLock lock_for_sync(const std::function<void()>& tick);

  /// Rung after every write of this process, and when the mirror is closed.
  [[nodiscard]] Doorbell& doorbell() noexcept { return doorbell_; }

  /// Sets the file aside as damaged and puts a new mirror in its place, with what could be saved of
  /// the outbox (core/salvage). Cursors that are under way go on in the old file. Throws MirrorBusy
  /// while another process has the file open.
  SalvageReport renew(const std::function<void()>& tick);

  /// Whether the mirrored rows were counted since this process opened the file, and were as many as
  /// had been written.
  [[nodiscard]] bool rows_are_counted() const noexcept { return rows_counted_; }
  void note_rows_counted() noexcept { rows_counted_ = true; }

  /// What statistics share of tracks and artists.
  [[nodiscard]] stats::FactCache& fact_cache() const noexcept { return *fact_cache_; }
  /// What the readers of the columns share.
  [[nodiscard]] std::shared_ptr<columns::ColumnCache> column_cache() const {
    const std::scoped_lock lock(mutex_);
    return column_cache_;
  }

  void check_usable() const;  ///< throws `closed` in a forked child
  void check_open() const;    ///< throws `closed` after close()
  void close();

  [[nodiscard]] const std::filesystem::path& path() const noexcept { return file_; }
  [[nodiscard]] const MirrorOptions& options() const noexcept { return options_; }

 private:
  struct Writer;

  MirrorState(std::filesystem::path file, MirrorOptions options);
  void give_back(std::unique_ptr<sqlite::Database> database, std::uint64_t renewals) noexcept;

  /// Whether the file's name still leads to the file that was opened.
  [[nodiscard]] bool has_its_name() const;
  void check_name() const;  ///< throws `unsafe_file` when it does not

  void leave_log(const std::function<void()>& tick);
  void return_to_log();
  [[nodiscard]] Writer& writer();  ///< with writer_mutex_ held

  /// Moves the log into the file, so that a copy of the closed file alone is whole, and lets go of
  /// the writing connection.
  void settle_log() noexcept;

  std::filesystem::path file_;
  MirrorOptions options_;
  pid_t owner_;
  mutable std::mutex mutex_;  ///< guards the members below
  bool closed_ = false;
  std::optional<std::pair<std::uint64_t, std::uint64_t>> identity_ = {};  ///< of the file
  std::uint64_t renewals_ = 0;  ///< of the file: older read connections see the one set aside
  std::vector<std::unique_ptr<sqlite::Database>> idle_readers_;
  CommitWatch commit_watch_;
  std::unique_ptr<stats::FactCache> fact_cache_;
  Turnstile writer_mutex_;  ///< one writing thread of this process at a time
  std::unique_ptr<Writer> writer_;
  std::atomic<std::thread::id> writing_thread_ = {};
  std::atomic<bool> unlogged_ = false;
  std::atomic<bool> rows_counted_ = false;
  std::shared_ptr<columns::ColumnCache> column_cache_;
  Doorbell doorbell_;
};

/// A Reader for which the file stands still: all that it reads is of one moment. Several questions
/// cost less so, too: each alone takes locks of its own.
class SteadyReader {
 public:
  explicit SteadyReader(MirrorState& state)
      : reader_(state.reader()), moment_(reader_.database(), sqlite::Transaction::Kind::deferred) {}

  [[nodiscard]] sqlite::Database& database() const noexcept { return reader_.database(); }
  sqlite::Database* operator->() const noexcept { return &database(); }

 private:
  MirrorState::Reader reader_;  // given back after the transaction has ended
  sqlite::Transaction moment_;
};

/// How playmirror's own code reaches the state behind a public Mirror.
class MirrorAccess {
 public:
  [[nodiscard]] static const std::shared_ptr<MirrorState>& state(const Mirror& mirror) {
    return mirror.state();
  }
  /// A Mirror of one's own over a state that others use.
  [[nodiscard]] static Mirror mirror(std::shared_ptr<MirrorState> state) {
    return Mirror(std::move(state));
  }
};

}  // namespace playmirror
