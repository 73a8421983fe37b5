#include "core/call_watch.hpp"
#include "core/files/private_file.hpp"
#include "core/files/replace_file.hpp"
#include "core/mirror/state.hpp"
#include "core/schema/bookkeeping.hpp"
#include "core/sqlite/backup.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>
#include <playmirror/mirror.hpp>

#include <cerrno>
#include <charconv>
#include <csignal>
#include <ctime>
#include <string>
#include <string_view>
#include <unistd.h>

namespace playmirror {
namespace {

using Path = std::filesystem::path;

constexpr const char* kLogs[] = {"-wal", "-shm", "-journal"};

Path beside(const Path& file, const std::string& suffix) {
  Path result = file;
  result += suffix;
  return result;
}

[[noreturn]] void refuse_existing(const Path& file) {
  raise(ErrorCode::invalid_argument, file.string() + " exists already",
        {.hint = "Choose another name, or say that it may be overwritten."});
}

/// A log without its file would be taken for that of the copy.
void refuse_what_is_there(const Path& file) {
  if (files::exists(file)) refuse_existing(file);
  for (const char* suffix : kLogs) {
    if (files::exists(beside(file, suffix))) refuse_existing(beside(file, suffix));
  }
}

/// Leaves the old copy as one file without logs, which a rename can replace. Whatever is no SQLite
/// database was named by mistake.
void settle_old_copy(const Path& file) {
  if (files::exists(file)) {
    files::refuse_unsafe(file);
    auto old = sqlite::Database::open(file, sqlite::OpenMode::read_write);
    if (files::size(file) > 0 && old.query_int("PRAGMA application_id") != schema::kApplicationId &&
        PLAYMIRROR_SAFEGUARD("only mirrors are replaced")) {
      raise(
          ErrorCode::not_a_mirror, file.string() + " is a SQLite database, but not a mirror",
          {.hint = "Only a mirror is overwritten. Choose another name, or remove the file first."});
    }
    if (!sqlite::settle_alone(old) && PLAYMIRROR_SAFEGUARD("no open mirror is replaced")) {
      raise(ErrorCode::busy, file.string() + " is open, here or in another process",
            {.hint = "Close it there, or copy to another name.", .retryable = true});
    }
  }
  for (const char* suffix : kLogs) files::remove(beside(file, suffix));
}

constexpr std::string_view kPartial = "-partial-";
constexpr std::int64_t kStaleSeconds = 3'600;  // another machine's process may share the directory

/// Removes what processes that were killed have left of their copies.
void remove_stale_partials(const Path& target) {
  for (const Path& left : files::named_after(target, kPartial)) {
    const std::string name = left.filename().string();
    const char* number = name.data() + target.filename().string().size() + kPartial.size();
    int process = 0;
    std::from_chars(number, name.data() + name.size(), process);
    const bool gone = process > 0 && ::kill(process, 0) != 0 && errno == ESRCH;
    if (gone && std::time(nullptr) - files::written_at(left) > kStaleSeconds) files::remove(left);
  }
}

/// A new file beside the target, gone again unless it was moved there.
class Partial {
 public:
  explicit Partial(const Path& target) {
    for (int number = 0; file_.empty(); ++number) {
      const Path name = beside(target, std::string(kPartial) + std::to_string(::getpid()) + "-" +
                                           std::to_string(number));
      if (files::create_private(name)) file_ = name;
    }
  }
  Partial(const Partial&) = delete;
  Partial& operator=(const Partial&) = delete;
  ~Partial() {
    if (moved_) return;
    try {
      files::remove(beside(file_, "-journal"));
      files::remove(file_);
    } catch (const Error&) {  // the copy has failed already, and that is what is told
    }
  }

  void move_to(const Path& target, bool overwrite) {
    // Reserving the name first is what keeps a file that came meanwhile.
    if (!overwrite && PLAYMIRROR_SAFEGUARD("reserved name") && !files::create_private(target)) {
      refuse_existing(target);
    }
    try {
      files::move(file_, target);
    } catch (...) {
      if (!overwrite && files::size(target) == 0) files::remove(target);
      throw;
    }
    moved_ = true;
  }

  [[nodiscard]] const Path& file() const noexcept { return file_; }

 private:
  Path file_;
  bool moved_ = false;
};

}  // namespace

void Mirror::copy_to(const std::filesystem::path& file, const CopyOptions& options,
                     const CallControl& control) const {
  CallWatch watch(control);
  state()->check_usable();
  const Path target = files::resolved(file);
  if (target == path()) {
    raise(ErrorCode::invalid_argument, "a mirror cannot be copied onto itself",
          {.hint = "Choose another name."});
  }
  if (!options.overwrite) refuse_what_is_there(target);
  remove_stale_partials(target);
  Partial partial(target);
  {
    const SteadyReader reader(*state());
    static_cast<void>(reader->query_int("SELECT count(*) FROM playmirror_meta"));  // begins it
    auto copy = sqlite::Database::open(partial.file(), sqlite::OpenMode::read_write);
    sqlite::back_up(reader.database(), copy, [&](std::int64_t done, std::int64_t all) {
      watch.tick();
      watch.progress({.phase = "copy", .rows = done, .rows_total = all});
    });
  }
  PLAYMIRROR_STEP("copy.made");
  if (options.overwrite) settle_old_copy(target);
  partial.move_to(target, options.overwrite);
}

}  // namespace playmirror
