#include "core/mirror/state.hpp"

#include "core/columns/column_cache.hpp"
#include "core/columns/journal.hpp"
#include "core/columns/rebuild.hpp"
#include "core/digest/book_ledger.hpp"
#include "core/digest/ledger.hpp"
#include "core/files/private_file.hpp"
#include "core/salvage/renewal.hpp"
#include "core/schema/bookkeeping.hpp"
#include "core/stats/fact_cache.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <chrono>
#include <optional>
#include <unistd.h>
#include <utility>

namespace playmirror {
namespace {

/// Bytes of WAL after which a writer moves it into the file: large enough that recording a play
/// costs one fsync, small enough that readers do not search a long log.
constexpr std::int64_t kCheckpointBytes = 4 << 20;
/// A longer one would overflow SQLite's int of milliseconds, or the clock.
constexpr std::chrono::milliseconds kLongestPatience = std::chrono::hours(24 * 20);

/// The same while many rows are loaded: each checkpoint waits for the disk several times, and the
/// pull that ends the load makes one anyway. Bounds the disk space that a load takes twice.
constexpr std::int64_t kLoadCheckpointBytes = 1 << 30;

/// How long close() waits for another writer before it leaves the log as it is.
constexpr std::chrono::milliseconds kPatienceAtClose{500};

/// How long a load that is to use the log again waits for readers that are not ours.
constexpr std::chrono::milliseconds kPatienceWithReaders{100};

/// Read connections kept for the next call.
constexpr std::size_t kIdleReaders = 8;

/// What the file is, in one look: another process may be making it a mirror at this moment.
schema::FileState look_at(MirrorState& state) {
  const SteadyReader reader(state);
  return schema::inspect(reader.database());
}

std::filesystem::path beside(const std::filesystem::path& file, const char* suffix) {
  std::filesystem::path result = file;
  result += suffix;
  return result;
}

/// The lock files of the syncs that the present thread is in the midst of.
thread_local std::vector<std::optional<std::pair<std::uint64_t, std::uint64_t>>> held_here;

/// Throws when a reader that changes nothing cannot use the file as it lies there.
void check_ready(MirrorState& state) {
  bool ready = false;
  try {
    ready = look_at(state) == schema::FileState::current;
  } catch (const StorageError&) {
    // What a writer that died left half done can be undone by a writer only.
    if (!files::exists(beside(state.path(), "-journal"))) throw;
  }
  if (ready) return;
  raise(ErrorCode::not_a_mirror,
        "the mirror at " + state.path().string() + " is not ready to be read",
        {.hint = "Open it once without read_only."});
}

/// Names the present thread as long as it lives.
class Named {
 public:
  explicit Named(std::atomic<std::thread::id>& name) : name_(name) {
    name_ = std::this_thread::get_id();
  }
  Named(const Named&) = delete;
  Named& operator=(const Named&) = delete;
  ~Named() { name_ = std::thread::id(); }

 private:
  std::atomic<std::thread::id>& name_;
};

}  // namespace

/// The connection that writes, and what follows what it writes.
struct MirrorState::Writer {
  explicit Writer(const std::filesystem::path& file)
      : database(sqlite::Database::open(file, sqlite::OpenMode::read_write)) {
    // Once checkpointed, the log is cut back to this size when it starts anew.
    database.execute("PRAGMA journal_size_limit=" + std::to_string(kCheckpointBytes));
  }

  sqlite::Database database;
  sqlite::ChangeWatch watch{database};
  columns::Journal journal{database, watch};
  digest::Ledger ledger{database, watch};
  digest::BookLedger books{database, watch};
};

std::shared_ptr<MirrorState> MirrorState::open(const std::filesystem::path& file,
                                               const MirrorOptions& given) {
  if (file.empty()) {
    raise(ErrorCode::invalid_argument, "the path of the mirror is empty",
          {.hint = "Give the path of a file, such as that of default_path()."});
  }
  if (given.busy_timeout < std::chrono::milliseconds(0)) {
    raise(ErrorCode::invalid_argument, "busy_timeout is negative", {.hint = "0 waits for nobody."});
  }
  MirrorOptions options = given;
  options.busy_timeout = std::min(given.busy_timeout, kLongestPatience);
  const std::filesystem::path path = files::resolved(file);
  sqlite::refuse_long(path);  // before anything is made there
  std::shared_ptr<MirrorState> state(new MirrorState(path, options));
  if (salvage::is_unfinished(path) && !options.read_only) {
    const auto lock = files::FileLock::acquire(beside(path, "-lock"), options.busy_timeout,
                                               "creating or upgrading");
    salvage::finish(path);
  }
  if (salvage::is_log_alone(path)) {
    const bool is_gone = !files::exists(path);
    raise(
        ErrorCode::damaged,
        path.string() + (is_gone ? " is gone" : " is empty") +
            ", while the log beside it holds rows of a mirror",
        {.hint = is_gone ? "If the mirror has another name now, give its -wal the same; or salvage "
                           "it, which saves what is pending as far as the log has it. To do "
                           "without, delete the log."
                         : "Bring the file back from a copy; or salvage it, which saves what is "
                           "pending as far as the log has it."});
  }
  if (!files::exists(path)) {
    if (!options.create || options.read_only) {
      raise(ErrorCode::storage_failed, "there is no mirror at " + path.string(),
            {.hint = options.read_only
                         ? "Check the path; without read_only, open() creates a mirror there."
                         : "Check the path; with create, open() makes a mirror there."});
    }
    files::create_private(path);
  }
  if (options.read_only) {
    files::refuse_irregular(path);
    state->identity_ = files::identity(path);
    check_ready(*state);
    return state;
  }
  files::refuse_unsafe(path);
  state->identity_ = files::identity(path);
  if (files::exists(beside(path, "-journal"))) {
    // The making of this file was cut short, and what it began can be undone by a writer only.
    const auto lock = files::FileLock::acquire(beside(path, "-lock"), options.busy_timeout,
                                               "creating or upgrading");
    static_cast<void>(schema::inspect(sqlite::Database::open(path, sqlite::OpenMode::read_write)));
  }
  const schema::FileState found = look_at(*state);
  files::make_private(path);
  // A copy made by VACUUM INTO has no write-ahead log: its readers and writers would wait for each
  // other.
  const bool has_log = state->reader()->has_log();
  if (found != schema::FileState::current || !has_log) {
    const auto lock = files::FileLock::acquire(beside(path, "-lock"), options.busy_timeout,
                                               "creating or upgrading");
    auto database = sqlite::Database::open(path, sqlite::OpenMode::read_write);
    if (found == schema::FileState::empty) {
      schema::create(database);
    } else {
      if (found == schema::FileState::older) schema::upgrade(database);
      database.use_log(options.busy_timeout);
    }
  }
  if (columns::needs_rebuild(state->reader().database())) {
    state->write([](sqlite::Database& database) {
      // Another process may have been first.
      if (columns::needs_rebuild(database)) columns::rebuild_or_drop(database);
    });
  }
  return state;
}

SalvageReport MirrorState::salvage(const std::filesystem::path& file) {
  const std::filesystem::path path = files::resolved(file);
  if (!files::exists(path) && !salvage::is_log_alone(path)) {
    raise(ErrorCode::storage_failed, "there is no file at " + path.string(),
          {.hint = "Check the path."});
  }
  if (files::exists(path)) files::refuse_unsafe(path);
  const auto lock =
      files::FileLock::acquire(beside(path, "-lock"), MirrorOptions{}.busy_timeout, "writing to");
  return salvage::renew(path);
}

MirrorState::MirrorState(std::filesystem::path file, MirrorOptions options)
    : file_(std::move(file)),
      options_(options),
      owner_(::getpid()),
      fact_cache_(std::make_unique<stats::FactCache>()),
      column_cache_(std::make_shared<columns::ColumnCache>()) {}

MirrorState::~MirrorState() {
  if (::getpid() == owner_) {
    settle_log();
    return;
  }
  // SQLite forbids closing, in a child, a connection that its parent opened: leave them open.
  for (auto& reader : idle_readers_) static_cast<void>(reader.release());
  commit_watch_.leave_open();
  static_cast<void>(writer_.release());
}

void MirrorState::settle_log() noexcept {
  if (!writer_) return;
  // What stays in the log is safe there, so neither a busy lock nor a full disk matters here.
  try {
    if (!has_its_name()) {
      writer_.reset();  // the log beside that name may be another file's by now
      return;
    }
    const auto lock =
        files::FileLock::acquire(beside(file_, "-lock"), kPatienceAtClose, "writing to");
    if (unlogged_.exchange(false)) writer_->database.use_log(kPatienceAtClose);
    writer_->database.checkpoint(true);
  } catch (const std::exception&) {
  }
  writer_.reset();
}

void MirrorState::check_usable() const {
  if (::getpid() != owner_) {
    raise(ErrorCode::closed, "this mirror was opened before fork()",
          {.hint = "Open the mirror again in the child process."});
  }
}

void MirrorState::check_open() const {
  const std::scoped_lock lock(mutex_);
  if (closed_) raise(ErrorCode::closed, "the mirror is closed", {.hint = "Open it again."});
}

MirrorState::Reader MirrorState::reader() {
  check_usable();
  // Who waits inside write() has nothing open yet, and must not wait for itself.
  if (unlogged_ && writing_thread_ != std::this_thread::get_id()) {
    try {
      return_to_log();
    } catch (const MirrorBusy&) {
      // A tool that is not ours reads the file: without the log, readers do not disturb each other.
    }
  }
  std::uint64_t renewals = 0;
  {
    const std::scoped_lock lock(mutex_);
    if (closed_) raise(ErrorCode::closed, "the mirror is closed", {.hint = "Open it again."});
    if (!idle_readers_.empty()) {
      auto database = std::move(idle_readers_.back());
      idle_readers_.pop_back();
      return {shared_from_this(), std::move(database), renewals_};
    }
    renewals = renewals_;
  }
  return {shared_from_this(), open_reader(), renewals};
}

std::unique_ptr<sqlite::Database> MirrorState::open_reader() const {
  // On read-only media nobody can write either, so the file may be read as it lies there.
  const bool frozen = options_.read_only && !files::is_writable(file_.parent_path()) &&
                      files::size(beside(file_, "-wal")) == 0;
  const auto mode = frozen ? sqlite::OpenMode::immutable : sqlite::OpenMode::read_only;
  auto database = std::make_unique<sqlite::Database>(sqlite::Database::open(file_, mode));
  // What other connections have read is of the file that was opened first.
  check_name();
  return database;
}

void MirrorState::give_back(std::unique_ptr<sqlite::Database> database,
                            std::uint64_t renewals) noexcept {
  if (::getpid() != owner_) {
    static_cast<void>(database.release());
    return;
  }
  const std::scoped_lock lock(mutex_);
  if (!closed_ && renewals == renewals_ && idle_readers_.size() < kIdleReaders &&
      !database->in_transaction()) {
    idle_readers_.push_back(std::move(database));
  }
}

void MirrorState::write(const std::function<void(sqlite::Database&)>& work,
                        const std::function<void()>& tick, Durability durability) {
  check_usable();
  if (options_.read_only) {
    raise(ErrorCode::storage_failed, "the mirror was opened read_only",
          {.hint = "Open it without read_only to record or sync."});
  }
  const std::scoped_lock one_thread(writer_mutex_);
  const Named named(writing_thread_);
  const auto lock =
      files::FileLock::acquire(beside(file_, "-lock"), options_.busy_timeout, "writing to", tick);
  check_open();
  sqlite::Database& database = writer().database;
  // What is written to a file that has lost its name is gone when it is closed; and what has the
  // name now was never looked at.
  check_name();
  const bool later = durability == Durability::later;
  try {
    // A file without a log is only kept whole by syncing each transaction.
    const sqlite::Unsynced unsynced(later && !unlogged_ ? &database : nullptr);
    if (column_cache_->damaged) {
      // Before the journal begins: it follows columns that are built by then.
      sqlite::Transaction repair(database);
      writer_->books.begin();
      columns::rebuild_or_drop(database);
      writer_->books.settle();
      repair.commit();
      column_cache_->damaged = false;
    }
    writer_->journal.begin();
    writer_->ledger.begin();
    std::optional<sqlite::Transaction> transaction;
    if (PLAYMIRROR_SAFEGUARD("one transaction")) transaction.emplace(database);
    writer_->books.begin();
    work(database);
    writer_->journal.settle();
    writer_->ledger.settle();
    writer_->books.settle();
    if (transaction) transaction->commit();
  } catch (...) {
    // A rollback can fail as well, for want of memory; closing the connection never does.
    if (database.in_transaction()) writer_.reset();
    throw;
  }
  doorbell_.ring();
  if (files::size(beside(file_, "-wal")) > (later ? kLoadCheckpointBytes : kCheckpointBytes)) {
    // The rows are safe in the log already: trouble here must not look like a failed write.
    try {
      database.checkpoint(false);
    } catch (const Error&) {
    }
  }
}

MirrorState::Writer& MirrorState::writer() {
  if (!writer_) {
    check_name();
    writer_ = std::make_unique<Writer>(file_);
  }
  return *writer_;
}

void MirrorState::read_as_writer(const std::function<void(const sqlite::Database&)>& work) {
  check_usable();
  const std::scoped_lock one_thread(writer_mutex_);
  work(writer().database);
}

void MirrorState::leave_log(const std::function<void()>& tick) {
  const std::scoped_lock one_thread(writer_mutex_);
  const auto lock =
      files::FileLock::acquire(beside(file_, "-lock"), options_.busy_timeout, "writing to", tick);
  {
    // Those in use keep the log.
    const auto no_watch = commit_watch_.closed();
    const std::scoped_lock state_lock(mutex_);
    idle_readers_.clear();
  }
  unlogged_ = writer().database.leave_log();
}

void MirrorState::return_to_log() {
  const std::scoped_lock one_thread(writer_mutex_);
  if (!unlogged_) return;
  const auto lock =
      files::FileLock::acquire(beside(file_, "-lock"), options_.busy_timeout, "writing to");
  writer().database.use_log(kPatienceWithReaders);
  unlogged_ = false;
}

MirrorState::Unlogged::Unlogged(MirrorState& state, const std::function<void()>& tick)
    : state_(state) {
  state_.leave_log(tick);
}

MirrorState::Unlogged::~Unlogged() {
  // Whoever opens the file next would see to it as well.
  try {
    state_.return_to_log();
  } catch (const std::exception&) {
  }
}

SalvageReport MirrorState::renew(const std::function<void()>& tick) {
  check_usable();
  if (options_.read_only) {
    raise(ErrorCode::storage_failed, "the mirror was opened read_only",
          {.hint = "Open it without read_only to repair it."});
  }
  const std::scoped_lock one_thread(writer_mutex_);
  const auto lock =
      files::FileLock::acquire(beside(file_, "-lock"), options_.busy_timeout, "writing to", tick);
  writer_.reset();
  const auto no_watch = commit_watch_.closed();
  fact_cache_->clear();
  const std::scoped_lock state_lock(mutex_);
  if (closed_) raise(ErrorCode::closed, "the mirror is closed", {.hint = "Open it again."});
  idle_readers_.clear();
  column_cache_ = std::make_shared<columns::ColumnCache>();
  ++renewals_;
  rows_counted_ = false;
  SalvageReport report = salvage::renew(file_);
  identity_ = files::identity(file_);
  return report;
}

MirrorState::SyncLock::SyncLock(const std::filesystem::path& file, files::FileLock lock)
    : lock_(std::move(lock)) {
  held_here.push_back(files::identity(file));
}

MirrorState::SyncLock::~SyncLock() { held_here.pop_back(); }

MirrorState::SyncLock MirrorState::lock_for_sync(const std::function<void()>& tick) {
  check_usable();
  check_name();  // a sync that finds nothing new neither writes nor opens anything
  const std::filesystem::path file = beside(file_, "-sync-lock");
  const auto identity = files::identity(file);
  if (identity && std::ranges::find(held_here, identity) != held_here.end()) {
    raise(ErrorCode::invalid_argument, "a sync of this mirror was called from a callback of one",
          {.hint = "Wait until the first one has returned."});
  }
  return {file, files::FileLock::acquire(file, options_.busy_timeout, "syncing", tick)};
}

bool MirrorState::has_its_name() const {
  const std::scoped_lock lock(mutex_);
  return identity_ == files::identity(file_);
}

void MirrorState::check_name() const {
  if (has_its_name()) return;
  raise(ErrorCode::unsafe_file,
        file_.string() + " was removed, or replaced by another file, while it was open here",
        {.hint = "Close this mirror and open it again."});
}

void MirrorState::close() {
  check_usable();
  {
    const auto no_watch = commit_watch_.closed();
    fact_cache_->clear();
    const std::scoped_lock lock(mutex_);
    if (closed_) return;
    closed_ = true;
    idle_readers_.clear();
  }
  doorbell_.ring();
  const std::scoped_lock one_thread(writer_mutex_);
  settle_log();
}

MirrorState::Reader::Reader(std::shared_ptr<MirrorState> state,
                            std::unique_ptr<sqlite::Database> database,
                            std::uint64_t renewals) noexcept
    : state_(std::move(state)), database_(std::move(database)), renewals_(renewals) {}

MirrorState::Reader::~Reader() {
  if (database_) state_->give_back(std::move(database_), renewals_);
}

}  // namespace playmirror
