#include "core/files/file_lock.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <thread>
#include <unistd.h>
#include <utility>

namespace playmirror::files {
namespace {

/// The longest pause between two attempts: short beside what a lock is held for, long beside what
/// an attempt costs.
constexpr std::chrono::milliseconds kLongestPause{5};

/// Where in the file those who wait leave a mark, behind any process id. The next holder cuts it
/// off, and who still waits leaves it anew.
constexpr off_t kWaiterMark = 31;

std::string holder_of(int descriptor) {
  char text[kWaiterMark + 1] = {};
  if (::pread(descriptor, text, kWaiterMark, 0) <= 0 || text[0] == '\0') return "another process";
  return std::string("process ") + text;
}

/// Lets those who wait already go first: who takes the lock again and again, as in a loop that
/// records, would always be faster than they.
void give_way(int descriptor) {
  struct stat status {};
  if (::fstat(descriptor, &status) == 0 && status.st_size > kWaiterMark) {
    std::this_thread::sleep_for(kLongestPause + std::chrono::milliseconds(1));
  }
}

}  // namespace

FileLock FileLock::acquire(const std::filesystem::path& file, std::chrono::milliseconds timeout,
                           const std::string& purpose, const std::function<void()>& tick) {
  const int descriptor = ::open(file.c_str(), O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    raise(ErrorCode::storage_failed,
          "could not open the lock file " + file.string() + ": " + std::strerror(errno),
          {.hint = "Check that the mirror's directory can be written to."});
  }
  FileLock lock(descriptor);
  const auto deadline = std::chrono::steady_clock::now() + timeout;
  std::chrono::microseconds pause{200};
  give_way(descriptor);
  // flock() belongs to the open file, so it also keeps threads of one process apart.
  while (::flock(descriptor, LOCK_EX | LOCK_NB) != 0) {
    if (errno != EWOULDBLOCK && errno != EINTR) {
      raise(ErrorCode::storage_failed,
            "could not lock " + file.string() + ": " + std::strerror(errno),
            {.hint = "Keep the mirror on a local file system that supports locks."});
    }
    [[maybe_unused]] const ssize_t marked = ::pwrite(descriptor, "w", 1, kWaiterMark);
    if (tick) tick();
    if (std::chrono::steady_clock::now() >= deadline) {
      raise(ErrorCode::busy, holder_of(descriptor) + " is " + purpose + " this mirror",
            {.hint = "Try again when it is done.", .retryable = true});
    }
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, kLongestPause);
  }
  const std::string holder = std::to_string(::getpid());
  // Only for messages and manners: that a lock works does not depend on what is in it.
  if (::ftruncate(descriptor, 0) == 0) {
    [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, holder.data(), holder.size(), 0);
  }
  return lock;
}

FileLock::FileLock(FileLock&& other) noexcept : descriptor_(std::exchange(other.descriptor_, -1)) {}

FileLock& FileLock::operator=(FileLock&& other) noexcept {
  if (this != &other) {
    release();
    descriptor_ = std::exchange(other.descriptor_, -1);
  }
  return *this;
}

FileLock::~FileLock() { release(); }

void FileLock::release() noexcept {
  if (descriptor_ < 0) return;
  // Unlocking, not only closing: a forked child may still hold a copy of the descriptor.
  ::flock(descriptor_, LOCK_UN);
  ::close(descriptor_);
  descriptor_ = -1;
}

}  // namespace playmirror::files
