#pragma once

#include <chrono>
#include <filesystem>
#include <functional>
#include <string>

namespace playmirror::files {

/// An advisory lock on a file of its own, held across processes and between threads. The kernel
/// drops it when the holder dies. The holder writes its process id into the file for error
/// messages; who waits leaves a mark there, and newcomers let it go first.
class FileLock {
 public:
  /// Waits up to `timeout`, calling `tick` at least ten times a second, then throws MirrorBusy
  /// naming the holder. `purpose` completes "another process is ...".
  static FileLock acquire(const std::filesystem::path& file, std::chrono::milliseconds timeout,
                          const std::string& purpose, const std::function<void()>& tick = {});

  FileLock(FileLock&& other) noexcept;
  FileLock& operator=(FileLock&& other) noexcept;
  FileLock(const FileLock&) = delete;
  FileLock& operator=(const FileLock&) = delete;
  ~FileLock();

 private:
  explicit FileLock(int descriptor) noexcept : descriptor_(descriptor) {}
  void release() noexcept;

  int descriptor_ = -1;
};

}  // namespace playmirror::files
