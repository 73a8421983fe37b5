#include "core/salvage/renewal.hpp"

#include "core/columns/rebuild.hpp"
#include "core/digest/book_checks.hpp"
#include "core/files/private_file.hpp"
#include "core/files/replace_file.hpp"
#include "core/salvage/first_page.hpp"
#include "core/salvage/rescued.hpp"
#include "core/schema/bookkeeping.hpp"
#include "core/sqlite/database.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>
#include <playmirror/timestamp.hpp>

#include <algorithm>
#include <string>

namespace playmirror::salvage {
namespace {

using Path = std::filesystem::path;

Path beside(const Path& file, const std::string& suffix) {
  Path result = file;
  result += suffix;
  return result;
}

/// The smallest page of a database, and the header of a log.
constexpr std::int64_t kLeastPage = 512;
constexpr std::int64_t kLogHeader = 32;

constexpr const char* kNew = "-new";
constexpr const char* kRepaired = "-repaired";
constexpr const char* kReadable = "-readable";

void remove_with_log(const Path& file) {
  for (const char* suffix : {"", "-wal", "-shm", "-journal"}) files::remove(beside(file, suffix));
}

/// A sound file of another program, or of a newer playmirror, is not ours to set aside.
void refuse_foreign(const Path& file) {
  if (!is_sqlite_header(files::read_start(file, kHeaderBytes))) return;
  std::int64_t tables = 0;
  std::int64_t ours = 0;
  std::int64_t version = 0;
  try {
    const auto database = sqlite::Database::open(file, sqlite::OpenMode::read_only);
    tables = database.query_int("SELECT count(*) FROM sqlite_schema");
    ours =
        database.query_int("SELECT count(*) FROM sqlite_schema WHERE name = 'playmirror_outbox'");
    version = database.query_int("PRAGMA user_version");
  } catch (const Error&) {
    return;  // damaged: that is why we are here
  }
  if (tables > 0 && ours == 0) {
    raise(ErrorCode::not_a_mirror, file.string() + " is a SQLite database, but not a mirror",
          {.hint = "Choose another file; playmirror changes nothing in this one."});
  }
  if (version > schema::kFormatVersion) {
    raise(ErrorCode::format_too_new, file.string() + " is of a newer format",
          {.hint = "Install a newer playmirror."});
  }
}

/// What a writer that died left half done is undone first, with the help of what it kept for that.
void undo_unfinished(const Path& file) {
  if (!files::exists(beside(file, "-journal"))) return;
  try {
    static_cast<void>(sqlite::Database::open(file, sqlite::OpenMode::read_write)
                          .query_int("SELECT count(*) FROM sqlite_schema"));
  } catch (const Error&) {
    // It is damaged, too.
  }
}

bool gather(const Path& file, Rescued& rescued) {
  try {
    return rescued.gather(sqlite::Database::open(file, sqlite::OpenMode::read_only));
  } catch (const Error&) {
    return false;
  }
}

/// False as well where a header that is damaged too asks for more than a file can hold.
bool fill_up_if_cut(const Path& file) {
  try {
    return fill_up(file);
  } catch (const StorageError&) {
    return false;
  }
}

/// The same for a file that SQLite reads nothing of, in a copy: one that was cut short is filled
/// up, and one whose first page is gone gets that of a new mirror.
bool gather_from_copy(const Path& file, const Path& fresh, Rescued& rescued) {
  const Path copy = beside(file, kReadable);
  remove_with_log(copy);
  files::copy_private(file, copy);
  if (files::exists(beside(file, "-wal"))) {
    files::copy_private(beside(file, "-wal"), beside(copy, "-wal"));
  }
  const bool whole = fill_up_if_cut(copy) && gather(copy, rescued);
  if (!whole) {
    give_first_page(copy, fresh);
    static_cast<void>(gather(copy, rescued));
  }
  remove_with_log(copy);
  return whole;
}

void make_new(const Path& file) {
  remove_with_log(file);
  files::create_private(file);
  auto database = sqlite::Database::open(file, sqlite::OpenMode::read_write);
  schema::create(database);
  database.checkpoint(true);
}

/// `music.db.damaged-20260131T060000`. The time is that of the new file, so that whoever finishes a
/// renewal finds the same name.
Path damaged_name(const Path& file) {
  const auto written = files::written_at(beside(file, kRepaired));
  std::string time = Timestamp::from_unix_micros(written * 1'000'000).to_postgres_string();
  std::erase_if(time, [](char c) { return c == '-' || c == ':'; });
  std::ranges::replace(time, ' ', 'T');
  const Path name = beside(file, ".damaged-" + time);
  Path free = name;
  for (int number = 2; files::exists(free); ++number) {
    free = beside(name, "-" + std::to_string(number));
  }
  return free;
}

/// Of a renewal that somebody else began.
SalvageReport finished_report(const Path& file) {
  SalvageReport report;
  report.set_aside = finish(file);
  report.saved = sqlite::Database::open(file, sqlite::OpenMode::read_only)
                     .query_int("SELECT count(*) FROM playmirror_outbox");
  return report;
}

}  // namespace

SalvageReport renew(const std::filesystem::path& file) {
  const auto user = files::other_user(file);
  if (user && PLAYMIRROR_SAFEGUARD("alone with a damaged file")) {
    raise(ErrorCode::busy, "process " + std::to_string(*user) + " has the damaged mirror open",
          {.hint = "Close it there, then repair again.", .retryable = true});
  }
  if (is_unfinished(file)) return finished_report(file);
  if (PLAYMIRROR_SAFEGUARD("foreign files")) refuse_foreign(file);
  files::create_private(file);  // where there is a log only
  files::make_private(file);
  const Path fresh = beside(file, kNew);
  make_new(fresh);
  PLAYMIRROR_STEP("salvage.made");
  undo_unfinished(file);
  Rescued rescued;
  bool whole = !is_log_alone(file) && gather(file, rescued);
  if (!whole) whole = gather_from_copy(file, fresh, rescued);
  PLAYMIRROR_STEP("salvage.gathered");
  {
    auto database = sqlite::Database::open(fresh, sqlite::OpenMode::read_write);
    sqlite::Transaction transaction(database);
    rescued.put(database);
    columns::rebuild(database);
    digest::accept_books(database);
    transaction.commit();
    database.checkpoint(true);
  }
  files::remove(beside(fresh, "-wal"));
  files::remove(beside(fresh, "-shm"));
  PLAYMIRROR_STEP("salvage.filled");
  files::move(fresh, beside(file, kRepaired));
  PLAYMIRROR_STEP("salvage.repaired");
  SalvageReport report;
  report.saved = rescued.size();
  report.lost = rescued.lost();
  if (!whole) {
    report.lost.push_back({"the outbox", "it could not be read to its end"});
  }
  report.set_aside = finish(file);
  return report;
}

bool is_log_alone(const std::filesystem::path& file) {
  // In this order: a mirror that somebody is making has its first page before it has a log.
  return files::size(beside(file, "-wal")) > kLogHeader && files::size(file) < kLeastPage;
}

bool is_unfinished(const std::filesystem::path& file) {
  return files::exists(beside(file, kRepaired));
}

std::filesystem::path finish(const std::filesystem::path& file) {
  if (!is_unfinished(file)) return {};  // somebody else was first
  const Path aside = damaged_name(file);
  // The logs first: no moment may show the new file beside a log of the old one.
  for (const char* log : {"-wal", "-journal"}) {
    if (!files::exists(beside(file, log)) || !PLAYMIRROR_SAFEGUARD("old log set aside")) continue;
    files::move(beside(file, log), beside(aside, log));
  }
  files::remove(beside(file, "-shm"));
  PLAYMIRROR_STEP("salvage.log_moved");
  if (files::exists(file)) files::move(file, aside);
  PLAYMIRROR_STEP("salvage.moved");
  files::move(beside(file, kRepaired), file);
  return aside;
}

}  // namespace playmirror::salvage
