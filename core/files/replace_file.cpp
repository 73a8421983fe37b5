#include "core/files/replace_file.hpp"

#include "core/files/native.hpp"

#include <playmirror/error.hpp>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstring>
#include <fcntl.h>
#include <fstream>
#include <sys/stat.h>
#include <unistd.h>

namespace playmirror::files {
namespace {

namespace fs = boost::filesystem;

/// SQLite holds a shared lock on these bytes of a file for as long as a connection in WAL mode
/// lives (https://sqlite.org/fileformat2.html, "the lock-byte page").
constexpr off_t kSharedFirst = 0x40000002;
constexpr off_t kSharedBytes = 510;

/// Closes itself.
class Descriptor {
 public:
  Descriptor(const std::filesystem::path& file, int flags)
      : number_(::open(file.c_str(), flags | O_CLOEXEC | O_NOFOLLOW)) {}
  ~Descriptor() {
    if (number_ >= 0) ::close(number_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  [[nodiscard]] int number() const noexcept { return number_; }

 private:
  int number_;
};

}  // namespace

void move(const std::filesystem::path& from, const std::filesystem::path& to) {
  if (::rename(from.c_str(), to.c_str()) != 0) {
    fail(errno, "rename " + from.string() + " to " + to.filename().string());
  }
  const Descriptor directory(to.parent_path(), O_RDONLY | O_DIRECTORY);
  if (directory.number() < 0 || ::fsync(directory.number()) != 0) {
    fail(errno, "save the directory of " + to.string());
  }
}

void remove(const std::filesystem::path& file) {
  boost::system::error_code error;
  fs::remove(native(file), error);
  if (error) fail(error.value(), "remove " + file.string());
}

void copy_private(const std::filesystem::path& from, const std::filesystem::path& to) {
  boost::system::error_code error;
  fs::copy_file(native(from), native(to), fs::copy_options::overwrite_existing, error);
  if (error) fail(error.value(), "copy " + from.string());
  fs::permissions(native(to), fs::owner_read | fs::owner_write, error);
}

void overwrite_start(const std::filesystem::path& file, std::string_view bytes) {
  const Descriptor target(file, O_WRONLY);
  const auto wanted = static_cast<ssize_t>(bytes.size());
  if (target.number() < 0 || ::pwrite(target.number(), bytes.data(), bytes.size(), 0) != wanted) {
    fail(errno, "write to " + file.string());
  }
}

void lengthen(const std::filesystem::path& file, std::int64_t bytes) {
  const Descriptor target(file, O_WRONLY);
  struct stat now {};
  if (target.number() < 0 || ::fstat(target.number(), &now) != 0 ||
      (now.st_size < bytes && ::ftruncate(target.number(), bytes) != 0)) {
    fail(errno, "write to " + file.string());
  }
}

std::string read_start(const std::filesystem::path& file, std::size_t bytes) {
  std::string start(bytes, '\0');
  std::ifstream stream(file, std::ios::binary);
  stream.read(start.data(), static_cast<std::streamsize>(bytes));
  start.resize(static_cast<std::size_t>(stream.gcount()));
  return start;
}

std::vector<std::filesystem::path> named_after(const std::filesystem::path& file,
                                               std::string_view suffix) {
  const std::string prefix = file.filename().string() + std::string(suffix);
  std::vector<std::filesystem::path> found;
  boost::system::error_code error;
  for (fs::directory_iterator entry(native(file.parent_path()), error), end; !error && entry != end;
       entry.increment(error)) {
    const std::string name = entry->path().filename().string();
    if (name.starts_with(prefix)) found.push_back(file.parent_path() / name);
  }
  return found;
}

std::int64_t written_at(const std::filesystem::path& file) {
  boost::system::error_code error;
  return static_cast<std::int64_t>(fs::last_write_time(native(file), error));
}

std::optional<std::int64_t> other_user(const std::filesystem::path& file) {
  const Descriptor database(file, O_RDWR);
  struct flock lock {};
  lock.l_type = F_WRLCK;
  lock.l_whence = SEEK_SET;
  lock.l_start = kSharedFirst;
  lock.l_len = kSharedBytes;
  if (database.number() < 0 || ::fcntl(database.number(), F_GETLK, &lock) != 0) return std::nullopt;
  if (lock.l_type == F_UNLCK) return std::nullopt;
  return lock.l_pid;
}

}  // namespace playmirror::files
