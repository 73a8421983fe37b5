#include "core/files/private_file.hpp"

#include "core/files/native.hpp"
#include "core/test_hooks.hpp"

#include <playmirror/error.hpp>

#include <boost/filesystem.hpp>
#include <cerrno>
#include <cstdlib>
#include <cstring>
#include <fcntl.h>
#include <pwd.h>
#include <string>
#include <sys/stat.h>
#include <unistd.h>

namespace playmirror::files {
namespace {

namespace fs = boost::filesystem;

void take_rights_from_others(const fs::path& file) {
  boost::system::error_code error;
  const fs::file_status status = fs::status(file, error);
  if (error || !fs::exists(status)) return;
  constexpr auto kOthers = fs::group_all | fs::others_all;
  if ((status.permissions() & kOthers) != fs::no_perms && PLAYMIRROR_SAFEGUARD("private files")) {
    fs::permissions(file, fs::remove_perms | kOthers, error);
  }
}

[[noreturn]] void refuse(const std::filesystem::path& file, const char* why) {
  raise(ErrorCode::unsafe_file, file.string() + " " + why,
        {.hint = "Give the path of an ordinary file that only you use."});
}

/// A path that only a shell would have put in full words: it would make a directory of that name.
void refuse_tilde(const fs::path& directory) {
  for (const fs::path& part : directory) {
    if (part.native() != "~") continue;
    raise(ErrorCode::invalid_argument,
          "there is no directory " + directory.string() + ", and ~ means your home to a shell only",
          {.hint = "Give the path in full; in Python, Path(...).expanduser() does."});
  }
}

struct stat refuse_irregular_status(const std::filesystem::path& file) {
  struct stat status {};
  if (::lstat(file.c_str(), &status) != 0) fail(errno, "look at " + file.string());
  if (S_ISLNK(status.st_mode)) refuse(file, "is a symbolic link");
  if (!S_ISREG(status.st_mode)) refuse(file, "is not a regular file");
  return status;
}

}  // namespace

void fail(int error, const std::string& doing) {
  const bool full = error == ENOSPC || error == EDQUOT;
  raise(full ? ErrorCode::storage_full : ErrorCode::storage_failed,
        "could not " + doing + ": " + std::strerror(error),
        {.hint = full ? "Free some space on the disk, then try again."
                      : "Check that the directory exists and that you may write to it.",
         .retryable = full});
}

std::filesystem::path resolved(const std::filesystem::path& file) {
  boost::system::error_code error;
  const fs::path absolute = fs::absolute(native(file));
  const fs::path parent = fs::weakly_canonical(absolute.parent_path(), error);
  if (error) fail(error.value(), "find the directory of " + file.string());
  return std::filesystem::path((parent / absolute.filename()).native());
}

bool create_private(const std::filesystem::path& file) {
  const fs::path parent = native(file).parent_path();
  boost::system::error_code error;
  if (!parent.empty() && !fs::exists(parent, error)) {
    refuse_tilde(parent);
    // Boost creates with the umask's mode: narrow it, for what lies inside is personal.
    fs::create_directories(parent, error);
    if (error) fail(error.value(), "create the directory " + parent.string());
    fs::permissions(parent, fs::owner_all, error);
  }
  const int descriptor =
      ::open(file.c_str(), O_RDWR | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
  if (descriptor < 0) {
    if (errno == EEXIST) return false;
    fail(errno, "create " + file.string());
  }
  ::close(descriptor);
  return true;
}

void refuse_unsafe(const std::filesystem::path& file) {
  const struct stat status = refuse_irregular_status(file);
  if (status.st_nlink > 1) refuse(file, "has more than one name (hard links)");
  if (status.st_uid != ::geteuid()) refuse(file, "belongs to another user");
}

void refuse_irregular(const std::filesystem::path& file) {
  static_cast<void>(refuse_irregular_status(file));
}

void make_private(const std::filesystem::path& file) {
  take_rights_from_others(native(file));
  take_rights_from_others(native(file) += "-wal");
  take_rights_from_others(native(file) += "-shm");
}

std::optional<std::pair<std::uint64_t, std::uint64_t>> identity(const std::filesystem::path& file) {
  struct stat status {};
  if (::stat(file.c_str(), &status) != 0) return std::nullopt;
  return std::pair<std::uint64_t, std::uint64_t>(status.st_dev, status.st_ino);
}

bool exists(const std::filesystem::path& file) {
  boost::system::error_code error;
  const fs::file_status status = fs::symlink_status(native(file), error);
  return status.type() != fs::file_not_found && status.type() != fs::status_error;
}

bool is_writable(const std::filesystem::path& file) {
  return ::faccessat(AT_FDCWD, file.c_str(), W_OK, AT_EACCESS) == 0;
}

std::int64_t size(const std::filesystem::path& file) {
  boost::system::error_code error;
  const auto bytes = fs::file_size(native(file), error);
  return error ? 0 : static_cast<std::int64_t>(bytes);
}

std::filesystem::path default_mirror_path() {
  const auto environment = [](const char* name) -> std::string {
    const char* value = std::getenv(name);
    return value != nullptr ? value : "";
  };
  if (const std::string file = environment("PLAYMIRROR_DB"); !file.empty()) return file;
  std::string data = environment("XDG_DATA_HOME");
  // The XDG base directory specification: a relative value is to be ignored.
  if (data.empty() || data.front() != '/') {
    std::string home = environment("HOME");
    if (home.empty()) {
      const passwd* user = ::getpwuid(::geteuid());
      if (user != nullptr && user->pw_dir != nullptr) home = user->pw_dir;
    }
    if (home.empty()) {
      raise(ErrorCode::invalid_argument, "no home directory is known to keep the mirror in",
            {.hint = "Give a path, or set PLAYMIRROR_DB."});
    }
    data = home + "/.local/share";
  }
  return std::filesystem::path(data) / "playmirror" / "music.db";
}

}  // namespace playmirror::files
