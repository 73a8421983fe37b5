#include "core/sqlite/database.hpp"

#include "core/sqlite/failure.hpp"
#include "core/sqlite/forking.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <exception>
#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

/// A reader meets SQLITE_BUSY only while another process recovers or resets the WAL; a writer, only
/// behind a foreign tool, since ours queue on the lock file.
constexpr int kBusyMilliseconds = 10'000;

/// Virtual machine steps between two calls of a progress hook: well under a millisecond.
constexpr int kProgressSteps = 4'000;

void configure(sqlite3* handle, int option, int value) {
  int now = -1;
  check(sqlite3_db_config(handle, option, value, &now), handle, "harden the connection");
  if (now != value) raise(ErrorCode::internal, "this SQLite does not accept a hardening option");
}

/// The options of https://sqlite.org/security.html that apply to every connection.
void harden(sqlite3* handle) {
  configure(handle, SQLITE_DBCONFIG_DEFENSIVE, 1);
  configure(handle, SQLITE_DBCONFIG_TRUSTED_SCHEMA, 0);
  configure(handle, SQLITE_DBCONFIG_ENABLE_TRIGGER, 0);  // none is ours
  configure(handle, SQLITE_DBCONFIG_DQS_DML, 0);
  configure(handle, SQLITE_DBCONFIG_DQS_DDL, 0);
  configure(handle, SQLITE_DBCONFIG_ENABLE_LOAD_EXTENSION, 0);
  configure(handle, SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, 1);
  sqlite3_extended_result_codes(handle, 1);
  sqlite3_busy_timeout(handle, kBusyMilliseconds);
}

/// A batch of rows fits, so that no page goes to the log twice in one transaction, and an index is
/// sorted in few runs.
constexpr int kWriterCacheKib = 16 * 1024;

int run_progress_hook(void* hook) {
  // An exception must not cross SQLite's frames; a hook that throws counts as "stop".
  try {
    return (*static_cast<std::function<bool()>*>(hook))() ? 1 : 0;
  } catch (...) {
    return 1;
  }
}

/// Whether a connection that only reads does so by a log: it opens no other journal. PRAGMA
/// journal_mode would read the whole schema first.
bool reads_by_log(sqlite3* handle) {
  sqlite3_file* journal = nullptr;
  sqlite3_file_control(handle, "main", SQLITE_FCNTL_JOURNAL_POINTER, &journal);
  return journal != nullptr && journal->pMethods != nullptr;
}

using LogIndex = const volatile std::uint32_t*;

/// The shared memory with the index of the log; null where this process has none.
LogIndex map_log_index(sqlite3_file* file) {
  constexpr int kBytes = 32 * 1024;  // the unit in which SQLite maps it
  void volatile* index = nullptr;
  const int result = file->pMethods->xShmMap(file, 0, kBytes, 0, &index);
  // Read only is enough here, and mapped all the same.
  if (result != SQLITE_OK && result != SQLITE_READONLY) return nullptr;
  return static_cast<LogIndex>(index);
}

}  // namespace

void Database::Close::operator()(sqlite3* handle) const noexcept { sqlite3_close_v2(handle); }

void refuse_long(const std::filesystem::path& file) {
  constexpr std::size_t kSuffixes = 8;  // "-journal"
  const sqlite3_vfs* system = sqlite3_vfs_find(nullptr);
  if (system == nullptr) return;
  const std::size_t most = static_cast<std::size_t>(system->mxPathname) - kSuffixes;
  const std::size_t bytes = file.native().size();
  if (bytes <= most) return;
  raise(ErrorCode::invalid_argument,
        "the path of " + file.filename().string() + " has " + std::to_string(bytes) +
            " bytes, and SQLite takes no more than " + std::to_string(most),
        {.hint = "Choose a directory with a shorter path."});
}

Database Database::open(const std::filesystem::path& file, OpenMode mode) {
  survive_forks();
  refuse_long(file);
  std::string name = file.string();
  int flags = SQLITE_OPEN_NOFOLLOW | SQLITE_OPEN_NOMUTEX | SQLITE_OPEN_PRIVATECACHE;
  if (mode == OpenMode::read_write) {
    flags |= SQLITE_OPEN_READWRITE;
  } else {
    flags |= SQLITE_OPEN_READONLY;
  }
  if (mode == OpenMode::immutable) {
    std::string escaped;
    for (const char c : name) {
      if (c == '%' || c == '?' || c == '#') {
        constexpr char kHex[] = "0123456789ABCDEF";
        escaped += '%';
        escaped += kHex[(c >> 4) & 15];
        escaped += kHex[c & 15];
      } else {
        escaped += c;
      }
    }
    name = "file:" + escaped + "?immutable=1";
    flags |= SQLITE_OPEN_URI;
  }
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(name.c_str(), &handle, flags, nullptr);
  Database database(handle);
  if (result != SQLITE_OK) fail(result, handle, "open " + file.string());
  harden(handle);
  database.execute("PRAGMA mmap_size=0; PRAGMA cell_size_check=ON; PRAGMA temp_store=FILE");
  if (mode == OpenMode::read_write) {
    const std::string safety = PLAYMIRROR_SAFEGUARD("full sync") ? "FULL" : "OFF";
    database.execute("PRAGMA synchronous=" + safety + "; PRAGMA wal_autocheckpoint=0");
    database.keep_pages(0);
  }
  return database;
}

Database Database::temporary() {
  sqlite3* handle = nullptr;
  const int result = sqlite3_open_v2(
      "", &handle, SQLITE_OPEN_READWRITE | SQLITE_OPEN_CREATE | SQLITE_OPEN_NOMUTEX, nullptr);
  Database database(handle);
  if (result != SQLITE_OK) fail(result, handle, "open a temporary database");
  harden(handle);
  database.execute("PRAGMA journal_mode=OFF; PRAGMA synchronous=OFF");
  return database;
}

void Database::keep_pages(int kib) {
  execute("PRAGMA cache_size=-" + std::to_string(kib == 0 ? kWriterCacheKib : kib));
}

void Database::execute(std::string_view sql) {
  const std::string text(sql);
  check(sqlite3_exec(handle_.get(), text.c_str(), nullptr, nullptr, nullptr), handle_.get(),
        text.size() < 200 ? ("run \"" + text + "\"").c_str() : "run a statement");
}

void Database::clear(std::string_view table) {
  // SQLite takes whole pages only where it has nobody to tell of the rows.
  class Unheard {
   public:
    explicit Unheard(Database& database) : database_(database), hook_(database.change_hook_) {
      database.set_change_hook({});
    }
    Unheard(const Unheard&) = delete;
    Unheard& operator=(const Unheard&) = delete;
    ~Unheard() { database_.set_change_hook(hook_); }

   private:
    Database& database_;
    ChangeHook hook_;
  };
  const Unheard unheard(*this);
  execute("DELETE FROM " + quoted(table));
}

void Database::set_change_hook(const ChangeHook& hook) noexcept {
  change_hook_ = hook;
  sqlite3_preupdate_hook(handle_.get(), hook.hook, hook.self);
}

Statement Database::prepare(std::string_view sql) const {
  sqlite3_stmt* statement = nullptr;
  const int result = sqlite3_prepare_v3(handle_.get(), sql.data(), static_cast<int>(sql.size()), 0,
                                        &statement, nullptr);
  if (result != SQLITE_OK) {
    fail(result, handle_.get(), "prepare \"" + std::string(sql.substr(0, 200)) + "\"");
  }
  return Statement(statement);
}

KeptStatement Database::kept(const char* sql) const {
  // By address: a literal's never changes, and comparing texts would cost what preparing saves.
  const auto found = std::ranges::find(kept_, sql, &decltype(kept_)::value_type::first);
  if (found != kept_.end()) return KeptStatement(*found->second);
  kept_.emplace_back(sql, std::make_unique<Statement>(prepare(sql)));
  return KeptStatement(*kept_.back().second);
}

std::int64_t Database::kept_int(const char* sql) const {
  const KeptStatement statement = kept(sql);
  return statement->step() ? statement->integer(0) : 0;
}

std::int64_t Database::query_int(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? statement.integer(0) : 0;
}

std::string Database::query_text(std::string_view sql) const {
  Statement statement = prepare(sql);
  return statement.step() ? std::string(statement.text(0)) : std::string();
}

std::int64_t Database::last_insert_rowid() const noexcept {
  return sqlite3_last_insert_rowid(handle_.get());
}

std::int64_t Database::changes() const noexcept { return sqlite3_changes64(handle_.get()); }

bool Database::in_transaction() const noexcept {
  return sqlite3_get_autocommit(handle_.get()) == 0;
}

void Database::on_progress(std::function<bool()> hook) {
  if (!hook) {
    sqlite3_progress_handler(handle_.get(), 0, nullptr, nullptr);
    progress_.reset();
    return;
  }
  progress_ = std::make_unique<std::function<bool()>>(std::move(hook));
  sqlite3_progress_handler(handle_.get(), kProgressSteps, run_progress_hook, progress_.get());
}

bool Database::has_log() const { return query_text("PRAGMA journal_mode") == "wal"; }

std::optional<CommitMark> Database::commit_mark() {
  sqlite3_file* file = nullptr;
  sqlite3_file_control(handle_.get(), "main", SQLITE_FCNTL_FILE_POINTER, &file);
  const bool can_map = file != nullptr && file->pMethods != nullptr &&
                       file->pMethods->iVersion >= 2 && file->pMethods->xShmMap != nullptr;
  // Once it has read by a log, it does so until it is closed: nobody can take the log away. Before,
  // to look for the index would make one.
  if (!has_read_by_log_) {
    const std::int64_t commits = kept_int("PRAGMA data_version");
    has_read_by_log_ = can_map && reads_by_log(handle_.get());
    if (!has_read_by_log_) return CommitMark{{static_cast<std::uint32_t>(commits)}};
  }
  const LogIndex index = map_log_index(file);
  if (index == nullptr) {
    return CommitMark{{static_cast<std::uint32_t>(kept_int("PRAGMA data_version"))}};
  }
  CommitMark mark;
  CommitMark second;  // writers keep it twice: with both alike, it is whole
  const std::size_t words = mark.words.size();
  for (std::size_t i = 0; i < words; ++i) mark.words[i] = index[i];
  file->pMethods->xShmBarrier(file);
  for (std::size_t i = 0; i < words; ++i) second.words[i] = index[words + i];
  if (mark != second) return std::nullopt;
  return mark;
}

void Database::use_log(std::chrono::milliseconds patience) {
  sqlite3_busy_timeout(handle_.get(), static_cast<int>(patience.count()));
  const int result =
      sqlite3_exec(handle_.get(), "PRAGMA journal_mode=WAL", nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(handle_.get(), kBusyMilliseconds);
  check(result, handle_.get(), "use a write-ahead log");
}

bool Database::leave_log() {
  sqlite3_busy_timeout(handle_.get(), 0);
  // Cut to nothing, and that synced, at the end of a transaction: a journal that a power cut brings
  // back would undo what the log holds by then.
  const int result =
      sqlite3_exec(handle_.get(), "PRAGMA journal_mode=TRUNCATE", nullptr, nullptr, nullptr);
  sqlite3_busy_timeout(handle_.get(), kBusyMilliseconds);
  if (result != SQLITE_BUSY) check(result, handle_.get(), "leave the write-ahead log");
  return !has_log();
}

void Database::checkpoint(bool truncate) {
  // TRUNCATE would wait for readers through the busy handler; without it, it does what it can.
  sqlite3_busy_timeout(handle_.get(), 0);
  const int mode = truncate ? SQLITE_CHECKPOINT_TRUNCATE : SQLITE_CHECKPOINT_PASSIVE;
  const int result = sqlite3_wal_checkpoint_v2(handle_.get(), "main", mode, nullptr, nullptr);
  sqlite3_busy_timeout(handle_.get(), kBusyMilliseconds);
  if (result != SQLITE_BUSY) check(result, handle_.get(), "checkpoint the write-ahead log");
}

Transaction::Transaction(Database& database, Kind kind) : database_(database) {
  database_.kept(kind == Kind::immediate ? "BEGIN IMMEDIATE" : "BEGIN")->run();
}

Transaction::~Transaction() {
  if (!open_ || !database_.in_transaction()) return;
  // A failed rollback leaves nothing to do: closing the connection rolls back too.
  try {
    database_.kept("ROLLBACK")->run();
  } catch (const std::exception&) {
  }
}

void Transaction::commit() {
  database_.kept("COMMIT")->run();
  open_ = false;
}

Unsynced::Unsynced(Database* database) : database_(database) {
  if (database_ != nullptr) database_->execute("PRAGMA synchronous=NORMAL");
}

Unsynced::~Unsynced() {
  if (database_ == nullptr) return;
  sqlite3_exec(database_->handle(), "PRAGMA synchronous=FULL", nullptr, nullptr, nullptr);
}

std::string quoted(std::string_view name) {
  std::string result = "\"";
  for (const char c : name) {
    if (c == '\0')
      raise(ErrorCode::invalid_argument, "a name holds a NUL byte", {.hint = "Give it without."});
    if (c == '"') result += '"';
    result += c;
  }
  return result + '"';
}

}  // namespace playmirror::sqlite
