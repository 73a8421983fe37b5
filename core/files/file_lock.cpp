#include "core/files/file_lock.hpp"

#include <playmirror/error.hpp>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstddef>
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

/// What is in the file: the process id of the holder as text, filled up with zeros, and behind it
/// the mark of those who wait. The next holder takes the mark off, and who still waits leaves it
/// anew. Of a fixed size, because a file that is cut to nothing and written again is forced to disk
/// by ext4 when it is closed.
struct Note {
  std::array<char, 31> holder = {};
  char waiter = 0;

  bool operator==(const Note&) const = default;
};
static_assert(sizeof(Note) == 32);

Note read_note(int descriptor) {
  Note note;
  if (::pread(descriptor, &note, sizeof note, 0) < 0) return {};
  return note;
}

std::string holder_of(int descriptor) {
  const Note note = read_note(descriptor);
  if (note.holder.front() == '\0') return "another process";
  return "process " + std::string(note.holder.data(), ::strnlen(note.holder.data(), 31));
}

void leave_mark(int descriptor) {
  [[maybe_unused]] const ssize_t left = ::pwrite(descriptor, "w", 1, offsetof(Note, waiter));
}

/// Only for messages and manners: that a lock works does not depend on what is in it.
void sign(int descriptor) {
  Note note;
  std::to_chars(note.holder.begin(), note.holder.end() - 1, ::getpid());
  if (read_note(descriptor) == note) return;
  [[maybe_unused]] const ssize_t written = ::pwrite(descriptor, &note, sizeof note, 0);
}

/// Lets those who wait already go first: who takes the lock again and again, as in a loop that
/// records, would always be faster than they.
void give_way(int descriptor) {
  if (read_note(descriptor).waiter != 0) {
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
    leave_mark(descriptor);
    if (tick) tick();
    if (std::chrono::steady_clock::now() >= deadline) {
      raise(ErrorCode::busy, holder_of(descriptor) + " is " + purpose + " this mirror",
            {.hint = "Try again when it is done.", .retryable = true});
    }
    std::this_thread::sleep_for(pause);
    pause = std::min<std::chrono::microseconds>(pause * 2, kLongestPause);
  }
  sign(descriptor);
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
