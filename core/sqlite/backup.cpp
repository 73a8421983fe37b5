#include "core/sqlite/backup.hpp"

#include "core/sqlite/failure.hpp"

#include <memory>
#include <sqlite3.h>

namespace playmirror::sqlite {
namespace {

/// Between two looks at the caller: 4 MB of pages of 4 KB, a few milliseconds.
constexpr int kPagesPerStep = 1024;

struct Finish {
  void operator()(sqlite3_backup* backup) const noexcept { sqlite3_backup_finish(backup); }
};

}  // namespace

void back_up(Database& source, Database& target,
             const std::function<void(std::int64_t, std::int64_t)>& step) {
  std::unique_ptr<sqlite3_backup, Finish> backup(
      sqlite3_backup_init(target.handle(), "main", source.handle(), "main"));
  if (!backup) fail(sqlite3_errcode(target.handle()), target.handle(), "begin a copy");
  for (;;) {
    const int result = sqlite3_backup_step(backup.get(), kPagesPerStep);
    const std::int64_t all = sqlite3_backup_pagecount(backup.get());
    if (result == SQLITE_DONE) {
      step(all, all);
      break;
    }
    if (result != SQLITE_OK) {
      backup.reset();  // leaves the message in the target
      fail(result, target.handle(), "copy the mirror");
    }
    step(all - sqlite3_backup_remaining(backup.get()), all);
  }
  check(sqlite3_backup_finish(backup.release()), target.handle(), "finish the copy");
}

bool settle_alone(Database& database) {
  sqlite3_busy_timeout(database.handle(), 0);  // whoever has it open keeps it
  sqlite3_stmt* raw = nullptr;
  int result =
      sqlite3_prepare_v2(database.handle(), "PRAGMA journal_mode=DELETE", -1, &raw, nullptr);
  if (result == SQLITE_OK) result = sqlite3_step(raw);
  sqlite3_finalize(raw);
  if ((result & 0xff) == SQLITE_BUSY || (result & 0xff) == SQLITE_LOCKED) return false;
  check(result, database.handle(), "read the file that is to be replaced");
  return database.query_text("PRAGMA journal_mode") == "delete";
}

}  // namespace playmirror::sqlite
