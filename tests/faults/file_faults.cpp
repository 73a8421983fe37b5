// A library for LD_PRELOAD that lets file calls below one directory go wrong, at a call chosen by
// its number: the process is killed, the power fails, or the call is refused. The same number and
// seed give the same case again.
//
// When the power fails, every 512-byte sector that was written and not synced is kept or taken back
// by coin, and so are a file's new length and a new file's name in its directory. What was cut off
// is gone, or is there again as a whole. What SQLite keeps in shared memory (-shm) is gone.

#include <algorithm>
#include <array>
#include <atomic>
#include <cerrno>
#include <csignal>
#include <cstdarg>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <dlfcn.h>
#include <fcntl.h>
#include <map>
#include <mutex>
#include <random>
#include <string>
#include <string_view>
#include <sys/stat.h>
#include <unistd.h>
#include <vector>

namespace {

constexpr off_t kSector = 512;

enum class Fault { none, kill, torn, power, eio, enospc, short_write };

/// What a call does, as far as faults can tell calls apart.
enum class Call { read, write, make, resize, sync, other };

struct File {
  std::string path;
  off_t synced_size = 0;
  bool named = true;  ///< its directory knows it for good
  std::map<off_t, std::vector<char>>
      unsynced;                            ///< what the sectors held when they were last synced
  std::map<off_t, std::vector<char>> cut;  ///< what was cut off since
};

std::recursive_mutex mutex;
std::string directory;
Fault fault = Fault::none;
long at_call = 0;
bool for_ever = false;
std::atomic<bool> armed{false};
long calls = 0;
std::mt19937 coin;
std::map<std::string, File> files;
std::map<int, std::string> open_files;

/// The C library's function behind the one of ours that hides it.
template <typename Function>
Function* real(const char* name) {
  return reinterpret_cast<Function*>(dlsym(RTLD_NEXT, name));
}

ssize_t real_pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  static const auto function = real<ssize_t(int, const void*, std::size_t, off_t)>("pwrite64");
  return function(fd, data, size, offset);
}

ssize_t real_pread(int fd, void* data, std::size_t size, off_t offset) {
  static const auto function = real<ssize_t(int, void*, std::size_t, off_t)>("pread64");
  return function(fd, data, size, offset);
}

int real_ftruncate(int fd, off_t size) {
  static const auto function = real<int(int, off_t)>("ftruncate64");
  return function(fd, size);
}

int real_open(const char* path, int flags, mode_t mode) {
  static const auto function = real<int(const char*, int, ...)>("open64");
  return function(path, flags, mode);
}

bool ends_with(std::string_view text, std::string_view end) {
  return text.size() >= end.size() && text.substr(text.size() - end.size()) == end;
}

bool flip() { return (coin() & 1) != 0; }

off_t size_of(int fd) {
  struct stat status {};
  return fstat(fd, &status) == 0 ? status.st_size : 0;
}

[[noreturn]] void die() {
  kill(getpid(), SIGKILL);
  for (;;) pause();
}

/// Notes in `kept` what the sectors from `begin` to `end` hold, unless that is noted already.
void remember(int fd, std::map<off_t, std::vector<char>>& kept, off_t begin, off_t end) {
  for (off_t sector = begin / kSector; sector * kSector < end; ++sector) {
    if (kept.contains(sector)) continue;
    std::vector<char> old(kSector);
    const ssize_t got = real_pread(fd, old.data(), old.size(), sector * kSector);
    old.resize(static_cast<std::size_t>(std::max<ssize_t>(got, 0)));
    kept.emplace(sector, std::move(old));
  }
}

void lose_power_in(const File& file) {
  if (ends_with(file.path, "-shm") || (!file.named && flip())) {
    unlink(file.path.c_str());
    return;
  }
  const int fd = real_open(file.path.c_str(), O_RDWR | O_CLOEXEC, 0);
  if (fd < 0) return;
  const bool uncut = !file.cut.empty() && flip();
  for (const auto& [sector, content] : file.cut) {
    if (uncut) real_pwrite(fd, content.data(), content.size(), sector * kSector);
  }
  for (const auto& [sector, old] : file.unsynced) {
    if (flip() || (file.cut.contains(sector) && !uncut)) continue;
    std::vector<char> content = old;
    // A sector that was not there reads as zeros, if the file's new length survives.
    content.resize(static_cast<std::size_t>(std::clamp<off_t>(
        size_of(fd) - sector * kSector, static_cast<off_t>(old.size()), kSector)));
    real_pwrite(fd, content.data(), content.size(), sector * kSector);
  }
  if (size_of(fd) > file.synced_size && flip()) real_ftruncate(fd, file.synced_size);
  close(fd);
}

[[noreturn]] void lose_power() {
  for (const auto& [path, file] : files) lose_power_in(file);
  die();
}

bool concerns(Call call) {
  switch (fault) {
    case Fault::eio:
      return call != Call::other;
    case Fault::enospc:
      return call == Call::write || call == Call::make || call == Call::resize;
    case Fault::short_write:
      return call == Call::write;
    default:
      return call != Call::read;
  }
}

/// Counts a call and lets the fault strike when it is its turn; returns whether it is to fail with
/// `errno`. Of a write, `write_half` does the first half.
template <typename WriteHalf>
bool strikes(Call call, WriteHalf write_half) {
  if (!concerns(call)) return false;
  ++calls;
  if (calls != at_call && !(for_ever && calls > at_call && at_call > 0)) return false;
  switch (fault) {
    case Fault::none:
      return false;
    case Fault::torn:
      write_half();
      die();
    case Fault::kill:
      die();
    case Fault::power:
      if (flip()) write_half();
      lose_power();
    case Fault::eio:
      errno = EIO;
      return true;
    case Fault::enospc:
      errno = ENOSPC;
      return true;
    case Fault::short_write:
      return true;
  }
  return false;
}

bool strikes(Call call) {
  return strikes(call, [] {});
}

/// The file behind a descriptor, if it is one of those that are watched.
File* watched(int fd) {
  if (!armed) return nullptr;
  const auto found = open_files.find(fd);
  return found == open_files.end() ? nullptr : &files[found->second];
}

ssize_t write_at(int fd, const void* data, std::size_t size, off_t offset) {
  const std::scoped_lock lock(mutex);
  File* file = watched(fd);
  if (file == nullptr) return real_pwrite(fd, data, size, offset);
  const auto put = [&](std::size_t much) {
    remember(fd, file->unsynced, offset, offset + static_cast<off_t>(much));
    return real_pwrite(fd, data, much, offset);
  };
  if (strikes(Call::write, [&] { put(size / 2); })) {
    return fault == Fault::short_write ? put(size / 2) : -1;
  }
  return put(size);
}

int open_watched(const char* path, int flags, mode_t mode) {
  const std::scoped_lock lock(mutex);
  if (!armed || std::string_view(path).substr(0, directory.size()) != directory) {
    return real_open(path, flags, mode);
  }
  struct stat status {};
  const bool existed = stat(path, &status) == 0;
  const bool makes = (flags & O_CREAT) != 0 && !existed;
  if (strikes(makes ? Call::make : Call::other)) return -1;
  const int fd = real_open(path, flags, mode);
  if (fd < 0) return fd;
  open_files[fd] = path;
  File& file = files[path];
  if (file.path.empty() || makes) {
    file = {path, existed ? status.st_size : 0, !makes, {}, {}};
  }
  return fd;
}

int sync_watched(int fd, const char* function_name) {
  const std::scoped_lock lock(mutex);
  File* file = watched(fd);
  if (file != nullptr) {
    if (strikes(Call::sync)) return -1;
    file->unsynced.clear();
    file->cut.clear();
    file->synced_size = size_of(fd);
    struct stat status {};
    if (fstat(fd, &status) == 0 && S_ISDIR(status.st_mode)) {
      for (auto& [path, other] : files) other.named = true;
    }
  }
  return real<int(int)>(function_name)(fd);
}

int resize_watched(int fd, off_t size) {
  const std::scoped_lock lock(mutex);
  if (File* file = watched(fd)) {
    if (strikes(Call::resize)) return -1;
    remember(fd, file->cut, size, size_of(fd));
  }
  return real_ftruncate(fd, size);
}

}  // namespace

#define PLAYMIRROR_HIDES extern "C" __attribute__((visibility("default")))

// What a test calls -----------------------------------------------------------------------------

/// From now on, call number `call` below `where` meets the fault, and all later ones if it lasts
/// `forever`. What is in the directory now is on the disk for good.
PLAYMIRROR_HIDES void playmirror_arm(const char* where, const char* kind, long call, int forever,
                                     unsigned seed) {
  static const std::map<std::string_view, Fault> kKinds{
      {"none", Fault::none},        {"kill", Fault::kill}, {"torn", Fault::torn},
      {"power", Fault::power},      {"eio", Fault::eio},   {"enospc", Fault::enospc},
      {"short", Fault::short_write}};
  const std::scoped_lock lock(mutex);
  directory = where;
  fault = kKinds.at(kind);
  at_call = call;
  for_ever = forever != 0;
  coin.seed(seed);
  calls = 0;
  armed = true;
}

/// How many calls there were that the fault could have met.
PLAYMIRROR_HIDES long playmirror_disarm() {
  const std::scoped_lock lock(mutex);
  armed = false;
  return calls;
}

// What hides the C library's functions ----------------------------------------------------------

PLAYMIRROR_HIDES int open(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_watched(path, flags, mode);
}

PLAYMIRROR_HIDES int open64(const char* path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  const mode_t mode = (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0;
  va_end(rest);
  return open_watched(path, flags, mode);
}

PLAYMIRROR_HIDES int close(int fd) {
  static const auto function = real<int(int)>("close");
  const std::scoped_lock lock(mutex);
  if (armed) open_files.erase(fd);
  return function(fd);
}

PLAYMIRROR_HIDES ssize_t pwrite(int fd, const void* data, std::size_t size, off_t offset) {
  return write_at(fd, data, size, offset);
}

PLAYMIRROR_HIDES ssize_t pwrite64(int fd, const void* data, std::size_t size, off_t offset) {
  return write_at(fd, data, size, offset);
}

PLAYMIRROR_HIDES ssize_t write(int fd, const void* data, std::size_t size) {
  {
    const std::scoped_lock lock(mutex);
    if (watched(fd) != nullptr) {
      const ssize_t done = write_at(fd, data, size, lseek(fd, 0, SEEK_CUR));
      if (done > 0) lseek(fd, done, SEEK_CUR);
      return done;
    }
  }
  static const auto function = real<ssize_t(int, const void*, std::size_t)>("write");
  return function(fd, data, size);
}

PLAYMIRROR_HIDES ssize_t read(int fd, void* data, std::size_t size) {
  {
    const std::scoped_lock lock(mutex);
    if (watched(fd) != nullptr && strikes(Call::read)) return -1;
  }
  static const auto function = real<ssize_t(int, void*, std::size_t)>("read");
  return function(fd, data, size);
}

PLAYMIRROR_HIDES ssize_t pread(int fd, void* data, std::size_t size, off_t offset) {
  {
    const std::scoped_lock lock(mutex);
    if (watched(fd) != nullptr && strikes(Call::read)) return -1;
  }
  return real_pread(fd, data, size, offset);
}

PLAYMIRROR_HIDES ssize_t pread64(int fd, void* data, std::size_t size, off_t offset) {
  return pread(fd, data, size, offset);
}

PLAYMIRROR_HIDES int ftruncate(int fd, off_t size) { return resize_watched(fd, size); }
PLAYMIRROR_HIDES int ftruncate64(int fd, off_t size) { return resize_watched(fd, size); }
PLAYMIRROR_HIDES int fsync(int fd) { return sync_watched(fd, "fsync"); }
PLAYMIRROR_HIDES int fdatasync(int fd) { return sync_watched(fd, "fdatasync"); }
