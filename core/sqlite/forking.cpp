#include "core/sqlite/forking.hpp"

#include <algorithm>
#include <array>
#include <cstdint>
#include <pthread.h>
#include <sqlite3.h>
#include <sys/stat.h>

namespace playmirror::sqlite {
namespace {

/// The locks that all connections share, in the order in which SQLite takes one while it holds
/// another: the list of open files, random numbers, file systems, pages, memory.
constexpr std::array kShared{SQLITE_MUTEX_STATIC_VFS1, SQLITE_MUTEX_STATIC_PRNG,
                             SQLITE_MUTEX_STATIC_MAIN, SQLITE_MUTEX_STATIC_LRU,
                             SQLITE_MUTEX_STATIC_PMEM, SQLITE_MUTEX_STATIC_MEM};

using FileStatus = int (*)(int, struct stat*);

constexpr const char* kFileStatus = "fstat";
FileStatus real_status = nullptr;
std::uint32_t forks = 0;  ///< between the first process and this one

/// Another device for each generation, and so other files.
int status_in_child(int descriptor, struct stat* status) {
  const int result = real_status(descriptor, status);
  if (result == 0) status->st_dev ^= static_cast<dev_t>(forks * 0x9E3779B1U);
  return result;
}

void hold_shared_locks() {
  for (const int mutex : kShared) sqlite3_mutex_enter(sqlite3_mutex_alloc(mutex));
}

void release_shared_locks() {
  std::for_each(kShared.rbegin(), kShared.rend(),
                [](int mutex) { sqlite3_mutex_leave(sqlite3_mutex_alloc(mutex)); });
}

/// SQLite keeps one record for each file that the process has open, by device and inode: which
/// locks it holds, and a mutex. A child inherits the records, not the locks: it would take those of
/// its parent for its own, wait for those that no thread will ever give back, and be seen by
/// nobody. So what it opens is to look like another file.
void know_no_inherited_file() {
  release_shared_locks();
  sqlite3_vfs* system = sqlite3_vfs_find("unix");
  if (system == nullptr || system->iVersion < 3) return;
  ++forks;
  if (real_status == nullptr) {
    real_status = reinterpret_cast<FileStatus>(system->xGetSystemCall(system, kFileStatus));
    if (real_status == nullptr) return;
  }
  system->xSetSystemCall(system, kFileStatus,
                         reinterpret_cast<sqlite3_syscall_ptr>(status_in_child));
}

}  // namespace

void survive_forks() {
  // It can only fail for want of memory, and then a fork is what it is without this.
  static const int registered =
      pthread_atfork(hold_shared_locks, release_shared_locks, know_no_inherited_file);
  static_cast<void>(registered);
}

}  // namespace playmirror::sqlite
